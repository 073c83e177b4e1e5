// What an order's parcels hold, from any sequence of packing, correcting, refunding and arriving.
#include "core/parcels.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "properties.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

using contents = std::vector<packed_pieces>;

std::string left(const std::vector<line_to_send>& lines, const std::vector<sent_parcel>& parcels) {
    std::string text;
    for (const std::int64_t pieces : left_to_pack(lines, parcels))
        text += (text.empty() ? "" : " ") + std::to_string(pieces);
    return text;
}

// Three lamps and a vase, as docs/orders.md sends them.
void test_examples(tap& t) {
    const std::vector<line_to_send> lines{{3, 0}, {1, 0}};
    const sent_parcel two_lamps{contents{{0, 2}}}, the_others{contents{{0, 1}, {1, 1}}};
    t.is(left(lines, {}), "3 1", "of an order without parcels all is left");
    t.is(left(lines, {two_lamps}), "1 1", "two lamps are packed");
    t.is(left(lines, {two_lamps, the_others}), "0 0", "and the others");
    t.is(left(lines, {sent_parcel{}}), "3 1", "a parcel without contents names nothing");
    t.is(left({{3, 1}}, {two_lamps}), "1", "a piece that was refunded may be in the parcel");
    t.is(left({{3, 1}}, {}), "2", "or in none");
    t.is(left({{3, 3}}, {two_lamps}), "0", "of what was refunded altogether nothing is left");
    t.ok(is_all_sent(lines, {}) && is_all_sent(lines, {sent_parcel{}}),
         "an order that nobody divides is sent with its parcel");
    t.ok(!is_all_sent(lines, {two_lamps}), "one that is divided is not before all is packed");
    t.ok(is_all_sent(lines, {two_lamps, sent_parcel{}}), "a parcel for the rest holds the rest");
    t.ok(is_all_sent(lines, {two_lamps, the_others}), "two hold all of it");
    t.ok(is_all_sent({{3, 0}, {1, 1}}, {sent_parcel{contents{{0, 3}}}}),
         "what broke and was refunded needs no parcel");
    t.ok(is_all_sent({{3, 0}, {1, 0, true}}, {sent_parcel{contents{{0, 3}}}}),
         "nor what is picked up");
    sent_parcel here = two_lamps, there = the_others;
    here.has_arrived = true;
    t.ok(!is_delivered(lines, {here}), "what is in no parcel has not arrived");
    t.ok(!is_delivered(lines, {here, there}), "nor what is in one on its way");
    there.has_arrived = true;
    t.ok(is_delivered(lines, {here, there}), "all parcels have arrived");
    t.ok(is_delivered(lines, {}), "an order without parcels is delivered when its buyer says so");
}

// A seller who packs as much as is allowed and no more, corrects, and refunds in between.
void look(laws& held, generator& draw) {
    held.next_case();
    std::vector<line_to_send> lines;
    for (std::int64_t i = draw.between(1, 4); i > 0; --i)
        lines.push_back({draw.between(1, 6), 0, draw.chance(10)});
    std::vector<sent_parcel> parcels;
    const auto packed = [&](std::size_t line) {
        std::int64_t sum = 0;
        for (const sent_parcel& parcel : parcels)
            for (const packed_pieces& part : parcel.contents.value_or(contents{}))
                sum += part.line == line ? part.quantity : 0;
        return sum;
    };
    for (std::int64_t steps = draw.between(1, 12); steps > 0; --steps) {
        const auto line =
            static_cast<std::size_t>(draw.between(0, static_cast<std::int64_t>(lines.size()) - 1));
        const bool was_all_sent = is_all_sent(lines, parcels);
        switch (draw.between(0, 3)) {
        case 0: { // another parcel, of some of what is left
            const auto room = left_to_pack(lines, parcels);
            contents some;
            for (std::size_t i = 0; i < lines.size(); ++i)
                if (room[i] > 0 && draw.chance(60))
                    some.push_back({i, draw.between(1, room[i])});
            if (some.empty())
                break;
            parcels.push_back({some});
            const auto after = left_to_pack(lines, parcels);
            for (const packed_pieces& part : some)
                held.hold(after[part.line] <= room[part.line] && after[part.line] >= 0 &&
                              after[part.line] >= room[part.line] - part.quantity,
                          "a parcel that fits leaves no less than nothing");
            break;
        }
        case 1: // one is corrected: what it may hold is what the others leave
            if (!parcels.empty()) {
                const auto which = static_cast<std::size_t>(
                    draw.between(0, static_cast<std::int64_t>(parcels.size()) - 1));
                std::vector<sent_parcel> others = parcels;
                others.erase(others.begin() + static_cast<std::ptrdiff_t>(which));
                const std::int64_t room = left_to_pack(lines, others)[line];
                if (room > 0 && !parcels[which].has_arrived)
                    parcels[which].contents = contents{{line, draw.between(1, room)}};
            }
            break;
        case 2: // some of a line is refunded
            lines[line].refunded = draw.between(lines[line].refunded, lines[line].ordered);
            held.hold(!was_all_sent || is_all_sent(lines, parcels),
                      "a refund makes nothing wait to be sent");
            break;
        default:
            if (!parcels.empty())
                parcels.back().has_arrived = true;
        }
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const std::int64_t room = left_to_pack(lines, parcels)[i];
            held.hold(packed(i) <= lines[i].ordered, "no more is packed than was bought");
            held.hold(room <= lines[i].ordered - lines[i].refunded || room <= 0,
                      "no more can be packed than is not refunded");
            held.hold(packed(i) + std::max(room, std::int64_t{0}) <= lines[i].ordered,
                      "what is packed and what can be are no more than was bought");
            if (room > 0 && packed(i) >= lines[i].refunded)
                held.hold(room == lines[i].ordered - packed(i),
                          "what is in no parcel can be packed");
        }
    }
    const bool is_sent = is_all_sent(lines, parcels);
    const auto covered = covered_lines(lines, parcels);
    for (std::size_t i = 0; i < lines.size(); ++i)
        held.hold(covered[i] ==
                      (lines[i].is_picked_up || packed(i) + lines[i].refunded >= lines[i].ordered),
                  "a line is sent when what is in no parcel was refunded or is picked up");
    const bool has_arrived =
        std::all_of(parcels.begin(), parcels.end(), [](const auto& p) { return p.has_arrived; });
    held.hold(is_delivered(lines, parcels) == (is_sent && has_arrived),
              "delivered is what is sent altogether and has arrived altogether");
    // the rest in one parcel more, if there is any
    contents rest;
    const auto room = left_to_pack(lines, parcels);
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (room[i] > 0)
            rest.push_back({i, room[i]});
    if (!rest.empty()) {
        parcels.push_back({rest});
        held.hold(is_all_sent(lines, parcels), "with all that can be packed all is sent");
        for (sent_parcel& parcel : parcels)
            parcel.has_arrived = true;
        held.hold(is_delivered(lines, parcels), "and delivered when all has arrived");
        std::reverse(parcels.begin(), parcels.end());
        held.hold(is_delivered(lines, parcels), "in whatever sequence");
    }
}

} // namespace

int main() {
    tap t;
    test_examples(t);
    laws held;
    generator draw(20'261'130);
    for (int i = 0; i < 20'000; ++i)
        look(held, draw);
    held.report(t);
    return t.finish();
}
