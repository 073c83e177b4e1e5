// Messaging: whose marks are whose, unread messages, and who follows whom.
#include "api/accounts/statistics.hpp"
#include "api/call/arguments.hpp"
#include "api/outbox/events.hpp"
#include "pg/identity.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "pg/trigger.hpp"

namespace driplo {

namespace {

// Of the service, and of the functions and foreign keys that write as the table's owner, nothing is
// refused here. Only in trigger functions that are SECURITY INVOKER.
bool is_client(const pg::trigger_call& row) {
    return !row.runs_as_owner() && !pg::is_service();
}

void check_archive_marks(const pg::trigger_call& row) {
    if (!row.changes_only({"archived_by_buyer", "archived_by_seller"}))
        throw core::error{
            core::errors::insufficient_privilege,
            "only archived_by_buyer and archived_by_seller of a conversation can be changed",
            {},
            "Counts and times are maintained by the database; use mark_conversation_read() to mark "
            "messages as read."};
    const auto caller = pg::caller();
    for (const auto& [party, mark] :
         {std::pair{"buyer_id", "archived_by_buyer"}, std::pair{"seller_id", "archived_by_seller"}})
        if (row.changes(mark) && (!caller || row.value<pg::uuid>(party) != caller))
            throw core::error{core::errors::insufficient_privilege,
                              "cannot archive a conversation for the other participant",
                              std::string("Only the conversation's ") +
                                  (party[0] == 'b' ? "buyer" : "seller") + " sets " + mark + ".",
                              "Update only your own column."};
}

void check_read_mark(const pg::trigger_call& row) {
    if (!row.changes_only({"is_read", "read_at"}))
        throw core::error{core::errors::insufficient_privilege, "sent messages cannot be changed",
                          "Messages are kept as evidence for disputes.", "Send another message."};
    const auto caller = pg::caller();
    if ((row.changes("is_read") || row.changes("read_at")) &&
        (!caller || row.value<pg::uuid>("sender_id") == caller))
        throw core::error{core::errors::insufficient_privilege,
                          "only the recipient can mark a message as read",
                          {},
                          "Exclude your own messages, or call mark_conversation_read()."};
}

void check_notification_mark(const pg::trigger_call& row) {
    if (!row.changes_only({"is_read", "read_at"}))
        throw core::error{core::errors::insufficient_privilege,
                          "only is_read of a notification can be changed",
                          {},
                          "Delete notifications that are no longer needed."};
}

void keep_read_time(pg::trigger_call& row) {
    if (row.text("is_read") != "t")
        row.set_null("read_at");
    else if (row.old_text("is_read") != "t")
        row.set_transaction_time("read_at");
    else
        row.keep("read_at");
}

// The service may tell when a message was read, of what it takes over from elsewhere.
void keep_read_time_of_message(pg::trigger_call& row, bool by_client) {
    if (by_client || row.text("is_read") != "t" ||
        (row.old_text("is_read") != "t" && row.is_null("read_at")))
        keep_read_time(row);
}

// `added` and `removed` are the triggers' transition tables. Conversations are locked in the order
// of their ids, and counted in a statement after that, which sees what other sessions have written
// meanwhile; a REPEATABLE READ transaction ends with 40001 there.
const pg::plan lock_written_to{R"(
    SELECT FROM {s}.conversations
    WHERE id IN (SELECT conversation_id FROM added)
    ORDER BY id
    FOR NO KEY UPDATE)"};
const pg::plan count_new{R"(
    UPDATE {s}.conversations c
    SET
        last_message_at = GREATEST(c.last_message_at, new.sent_at),
        buyer_unread_count = COALESCE(c.buyer_unread_count, 0) + new.for_buyer,
        seller_unread_count = COALESCE(c.seller_unread_count, 0) + new.for_seller
    FROM (
        SELECT
            a.conversation_id,
            max(a.created_at) AS sent_at,
            count(*) FILTER (
                WHERE a.is_read IS NOT TRUE
                AND a.sender_id IS DISTINCT FROM t.buyer_id
            ) AS for_buyer,
            count(*) FILTER (
                WHERE a.is_read IS NOT TRUE
                AND a.sender_id IS DISTINCT FROM t.seller_id
            ) AS for_seller
        FROM added a
        JOIN {s}.conversations t ON t.id = a.conversation_id
        GROUP BY a.conversation_id
    ) new
    WHERE c.id = new.conversation_id)"};
const pg::plan tell_of_new{R"(
    INSERT INTO {s}.outbox_events (kind, subject_id, actor_id)
    SELECT 'message.sent', id, sender_id
    FROM added)"};
// A sender who becomes NULL was deleted: the message stays one of the same side.
const pg::plan conversations_of_changed{R"(
    SELECT DISTINCT unnest(ARRAY[r.conversation_id, a.conversation_id])
    FROM removed r
    JOIN added a ON a.id = r.id
    WHERE a.is_read IS DISTINCT FROM r.is_read
      OR a.conversation_id <> r.conversation_id
      OR a.sender_id <> r.sender_id
    ORDER BY 1)"};
const pg::plan conversations_of_removed{R"(
    SELECT DISTINCT conversation_id FROM removed ORDER BY 1)"};
const pg::plan lock_conversation{R"(
    SELECT buyer_id, seller_id
    FROM {s}.conversations
    WHERE id = $1
    FOR NO KEY UPDATE)"};
// By as much as the messages that have changed, or are gone, counted and count now: what a trigger
// of somebody's does inside a statement comes before that statement, whose messages are there and
// not counted yet.
constexpr pg::part count_changes{"count_changes", R"(
    UPDATE {s}.conversations c
    SET
        buyer_unread_count = COALESCE(c.buyer_unread_count, 0) + change.for_buyer,
        seller_unread_count = COALESCE(c.seller_unread_count, 0) + change.for_seller
    FROM (
        SELECT
            m.conversation_id,
            COALESCE(
                sum(m.n) FILTER (WHERE m.sender_id IS DISTINCT FROM t.buyer_id), 0
            ) AS for_buyer,
            COALESCE(
                sum(m.n) FILTER (WHERE m.sender_id IS DISTINCT FROM t.seller_id), 0
            ) AS for_seller
        FROM ({changes}) m
        JOIN {s}.conversations t ON t.id = m.conversation_id
        GROUP BY m.conversation_id
    ) change
    WHERE c.id = change.conversation_id
      AND (change.for_buyer <> 0 OR change.for_seller <> 0)
    RETURNING c.id, LEAST(c.buyer_unread_count, c.seller_unread_count))"};
const pg::plan count_changed{
    "{count_changes}",
    {count_changes,
     {"changes",
      "SELECT side.conversation_id, side.sender_id, side.n FROM removed r JOIN added a ON a.id = "
      "r.id CROSS JOIN LATERAL (VALUES (r.conversation_id, r.sender_id, CASE WHEN r.is_read THEN 0 "
      "ELSE -1 END), (a.conversation_id, a.sender_id, CASE WHEN a.is_read THEN 0 ELSE 1 END)) AS "
      "side (conversation_id, sender_id, n) WHERE a.is_read IS DISTINCT FROM r.is_read OR "
      "a.conversation_id <> r.conversation_id OR a.sender_id <> r.sender_id"}}};
const pg::plan count_removed{
    "{count_changes}",
    {count_changes,
     {"changes",
      "SELECT conversation_id, sender_id, -1 AS n FROM removed WHERE is_read IS NOT TRUE"}}};
// Counted anew, which the index on unread messages makes cheap: what was miscounted, in rows that
// were loaded without triggers, is right again once somebody reads.
const pg::plan count_unread{R"(
    UPDATE {s}.conversations c
    SET buyer_unread_count = unread.for_buyer, seller_unread_count = unread.for_seller
    FROM (
        SELECT
            (
                SELECT count(*)
                FROM {s}.messages m
                WHERE m.conversation_id = t.id
                  AND m.is_read IS NOT TRUE
                  AND m.sender_id IS DISTINCT FROM t.buyer_id
            ) AS for_buyer,
            (
                SELECT count(*)
                FROM {s}.messages m
                WHERE m.conversation_id = t.id
                  AND m.is_read IS NOT TRUE
                  AND m.sender_id IS DISTINCT FROM t.seller_id
            ) AS for_seller
        FROM {s}.conversations t
        WHERE t.id = $1
    ) unread
    WHERE c.id = $1
      AND (
          c.buyer_unread_count IS DISTINCT FROM unread.for_buyer
          OR c.seller_unread_count IS DISTINCT FROM unread.for_seller
      ))"};

void count_changes_of(const pg::rows& conversations, const pg::plan& count) {
    for (std::uint64_t i = 0; i < conversations.count(); ++i) {
        pg::check_for_interrupts();
        lock_conversation.run(conversations.value<pg::uuid>(1, i));
    }
    const pg::rows counted = count.run();
    for (std::uint64_t i = 0; i < counted.count(); ++i)
        if (counted.value<std::int32_t>(2, i).value_or(0) < 0 && pg::trigger_depth() == 1)
            count_unread.run(counted.value<pg::uuid>(1, i));
}

// is_read IS NOT TRUE as in the index on unread messages. Without a reader: of both sides.
// What told of the messages.
const pg::plan read_notification{R"(
    UPDATE {s}.notifications
    SET is_read = true, read_at = now()
    WHERE group_key = 'conversation:' || $1::text AND is_read IS NOT TRUE AND ($2 IS NULL OR user_id = $2))",
                                 pg::planned::once};

const pg::plan mark_read{R"(
    UPDATE {s}.messages
    SET is_read = true
    WHERE conversation_id = $1
      AND is_read IS NOT TRUE
      AND ($2 IS NULL OR sender_id IS DISTINCT FROM $2))"};

constexpr pg::part changed_follows{"changed_follows", R"(
    SELECT user_id, sum(followers), sum(following)
    FROM ({changes}) change
    GROUP BY user_id
    HAVING sum(followers) <> 0 OR sum(following) <> 0
    ORDER BY user_id)"};
constexpr pg::part added_follows{"added_follows", R"(
    SELECT following_id AS user_id, 1 AS followers, 0 AS following
    FROM added
    UNION ALL
    SELECT follower_id, 0, 1
    FROM added)"};
constexpr pg::part removed_follows{"removed_follows", R"(
    SELECT following_id AS user_id, -1 AS followers, 0 AS following
    FROM removed
    UNION ALL
    SELECT follower_id, 0, -1
    FROM removed)"};
const pg::plan follows_added{"{changed_follows}",
                             {added_follows, changed_follows, {"changes", "{added_follows}"}}};
const pg::plan follows_removed{
    "{changed_follows}", {removed_follows, changed_follows, {"changes", "{removed_follows}"}}};
const pg::plan follows_changed{"{changed_follows}",
                               {added_follows,
                                removed_follows,
                                changed_follows,
                                {"changes", "{added_follows} UNION ALL {removed_follows}"}}};

const pg::plan tell_of_added_follows{R"(
    INSERT INTO {s}.outbox_events (kind, subject_id, actor_id)
    SELECT 'follow.added', following_id, follower_id
    FROM added)"};
const pg::plan tell_of_removed_follows{R"(
    INSERT INTO {s}.outbox_events (kind, subject_id, actor_id)
    SELECT 'follow.removed', following_id, follower_id
    FROM removed)"};

const pg::plan count_in_profile{R"(
    UPDATE {s}.profiles
    SET follower_count = follower_count + $2, following_count = following_count + $3
    WHERE id = $1
    RETURNING LEAST(follower_count, following_count))"};
const pg::plan recount_in_profile{R"(
    UPDATE {s}.profiles
    SET
        follower_count = (SELECT count(*) FROM {s}.user_follows WHERE following_id = $1),
        following_count = (SELECT count(*) FROM {s}.user_follows WHERE follower_id = $1)
    WHERE id = $1)"};
const pg::plan count_follows{R"(
    UPDATE {s}.user_stats_summary
    SET
        follower_count = COALESCE(follower_count, 0) + $2,
        following_count = COALESCE(following_count, 0) + $3,
        updated_at = now()
    WHERE user_id = $1
    RETURNING LEAST(follower_count, following_count))"};
const pg::plan recount_follows{R"(
    UPDATE {s}.user_stats_summary
    SET
        follower_count = (SELECT count(*) FROM {s}.user_follows WHERE following_id = $1),
        following_count = (SELECT count(*) FROM {s}.user_follows WHERE follower_id = $1)
    WHERE user_id = $1)"};

// In the order of the users' ids, in which everybody locks, and of each the profile first. Who is
// being deleted has no row any more and gets none.
void count_follows_of(pg::spi spi, const pg::rows& changes) {
    for (std::uint64_t i = 0; i < changes.count(); ++i) {
        pg::check_for_interrupts();
        const auto user = changes.value<pg::uuid>(1, i);
        const auto followers = changes.value<std::int64_t>(2, i),
                   following = changes.value<std::int64_t>(3, i);
        // inside somebody's trigger it may be below zero until the statement around it is counted
        const bool is_whole = pg::trigger_depth() == 1;
        if (count_in_profile.run(user, followers, following).value<std::int32_t>().value_or(0) <
                0 &&
            is_whole)
            recount_in_profile.run(user);
        pg::rows counted = count_follows.run(user, followers, following);
        if (counted.empty() && make_statistics(spi, user))
            counted = count_follows.run(user, followers, following);
        if (counted.value<std::int32_t>().value_or(0) < 0 && is_whole)
            recount_follows.run(user);
    }
}

} // namespace

// private.guard_conversation(): BEFORE UPDATE ON conversations
DRIPLO_FUNCTION(driplo_guard_conversation) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_update);
    if (is_client(row))
        check_archive_marks(row);
    return row.result();
}

// private.guard_message(): BEFORE UPDATE ON messages
DRIPLO_FUNCTION(driplo_guard_message) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_update);
    const bool by_client = is_client(row);
    if (by_client)
        check_read_mark(row);
    keep_read_time_of_message(row, by_client);
    return row.result();
}

// private.guard_notification(): BEFORE UPDATE ON notifications
DRIPLO_FUNCTION(driplo_guard_notification) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_update);
    if (is_client(row)) {
        check_notification_mark(row);
        keep_read_time(row);
    }
    return row.result();
}

// private.count_messages(): AFTER INSERT, UPDATE or DELETE ON messages REFERENCING NEW TABLE AS
// added and OLD TABLE AS removed FOR EACH STATEMENT
DRIPLO_FUNCTION(driplo_count_messages) {
    const pg::trigger_call trigger(fcinfo, pg::trigger_time::after,
                                   pg::on_insert | pg::on_update | pg::on_delete,
                                   pg::trigger_level::statement);
    pg::session spi;
    trigger.use_transition_tables();
    if (trigger.is_insert()) {
        lock_written_to.run();
        count_new.run();
        record_events(tell_of_new);
    } else {
        if (trigger.is_update())
            count_changes_of(conversations_of_changed.run(), count_changed);
        else
            count_changes_of(conversations_of_removed.run(), count_removed);
    }
    return trigger.nothing();
}

// private.count_follows(): as count_messages, ON user_follows
DRIPLO_FUNCTION(driplo_count_follows) {
    const pg::trigger_call trigger(fcinfo, pg::trigger_time::after,
                                   pg::on_insert | pg::on_update | pg::on_delete,
                                   pg::trigger_level::statement);
    pg::session spi;
    trigger.use_transition_tables();
    count_follows_of(spi, (trigger.is_insert()   ? follows_added
                           : trigger.is_update() ? follows_changed
                                                 : follows_removed)
                              .run());
    if (!trigger.is_update())
        record_events(trigger.is_insert() ? tell_of_added_follows : tell_of_removed_follows);
    return trigger.nothing();
}

// mark_conversation_read(conversation_id uuid) -> integer
DRIPLO_FUNCTION(driplo_mark_conversation_read) {
    const auto conversation = pg::required<pg::uuid>(fcinfo, 0, "conversation_id");
    const auto caller = pg::actor();
    pg::session spi;
    // Locked before its messages: two devices of one person wait here, and not each for a message
    // that the other has marked.
    const auto parties = lock_conversation.run(conversation);
    if (parties.empty())
        throw does_not_exist("conversation", conversation,
                             "Only participants can access a conversation.");
    // The service marks what it marks for the person that it acts for, or else for both.
    const bool is_party =
        caller && (parties.value<pg::uuid>(1) == caller || parties.value<pg::uuid>(2) == caller);
    const std::optional<pg::uuid> reader = is_party ? caller : std::nullopt;
    const auto marked = static_cast<std::int32_t>(mark_read.run(conversation, reader).count());
    const pg::owner_scope as_owner;
    if (pg::trigger_depth() == 0)
        count_unread.run(conversation);
    if (marked > 0)
        read_notification.run(conversation, reader);
    return pg::to_datum(marked);
}

} // namespace driplo
