// What the rows of listing_search have to be: one statement for the triggers, the job that makes
// rows again, and check_integrity().
#pragma once

#include "pg/part.hpp"

namespace driplo {

// Of the listing `l` and its seller `s`: whether it belongs into the index.
inline constexpr pg::part is_searched{"is_searched", R"(
    (l.status::text = 'active' AND s.suspended_at IS NULL AND s.deleted_at IS NULL))"};

// Of the listing `l`.
inline constexpr pg::part leaf_category{"leaf_category",
                                        "COALESCE(l.subcategory_id, l.category_id)"};
inline constexpr pg::part shown_since{"shown_since", "COALESCE(l.published_at, l.created_at)"};
inline constexpr pg::part hotness{"hotness", R"(
    (ln(1 + greatest(l.favorite_count, 0)) / ln(2::double precision)
     + CASE WHEN isfinite({shown_since}) THEN date_part('epoch', {shown_since}) / 604800 ELSE 0 END))"};
inline constexpr pg::part normal_price{"normal_price", R"(
    CASE
        WHEN l.currency::text = current_setting('driplo.base_currency') THEN l.price
        ELSE round(
            {s}.convert(l.price, l.currency::text, current_setting('driplo.base_currency')), 2)
    END)"};
inline constexpr pg::part sold_in{"sold_in", R"(
    substring(upper(COALESCE(l.location ->> 'country_code', l.location ->> 'country') COLLATE "C")
              FROM '^[A-Z]{2}$'))"};

// Of the category `c`, in all languages.
inline constexpr pg::part category_words{"category_words", R"(
    concat_ws(' ', c.name, (
        SELECT string_agg(t.value ->> 'name', ' ' ORDER BY t.key)
        FROM jsonb_each(c.translations) t
    )))"};

// The categories {leaves}, rows of one column `leaf`, with those above them: leaf, ids, names and
// version, which changes with any of them. UNION, because a cycle that was loaded has to end.
inline constexpr pg::part category_paths{"category_paths", R"(
    WITH RECURSIVE path AS (
        SELECT w.leaf, c.id, c.parent_id, {category_words} AS name
        FROM {leaves} w
        JOIN {s}.categories c ON c.id = w.leaf
        UNION
        SELECT p.leaf, c.id, c.parent_id, {category_words}
        FROM path p
        JOIN {s}.categories c ON c.id = p.parent_id
    )
    SELECT
        leaf,
        array_agg(id ORDER BY id) AS ids,
        array_agg(name ORDER BY id) AS names,
        ('x' || left(md5(string_agg(id::text || name, ',' ORDER BY id)), 8))::bit(32)::integer
            AS version
    FROM path
    GROUP BY leaf)"};

// The rows of the listings {which}, a relation with the columns of listings beside `hot` and
// `price_norm`; in the order of the columns of listing_search.
inline constexpr pg::part search_rows{"search_rows", R"(
    SELECT
        l.id AS listing_id,
        l.seller_id,
        l.leaf AS category_id,
        l.price,
        l.currency,
        l.price_norm,
        l.brand,
        l.size,
        l.color,
        l.condition,
        l.country,
        l.shown_since AS published_at,
        l.hot,
        private.search_document_version()::smallint AS version,
        COALESCE(c.version, 0) AS category_version,
        private.search_document(
            l.id, l.title, l.description, l.brand, l.size, l.color, l.condition, l.materials,
            l.country, l.currency, COALESCE(l.price_norm, l.price)::double precision, l.hot,
            c.ids, c.names
        ) AS doc
    FROM {which} l
    LEFT JOIN ({category_paths}) c ON c.leaf = l.leaf)"};

// What search_rows reads of the listing `l`.
inline constexpr pg::part searched_columns{"searched_columns", R"(
    l.id,
    l.seller_id,
    {leaf_category} AS leaf,
    l.price,
    l.currency,
    l.title::text,
    l.description,
    NULLIF(btrim(l.brand::text), '') AS brand,
    NULLIF(btrim(l.size::text), '') AS size,
    NULLIF(btrim(l.color::text), '') AS color,
    NULLIF(btrim(l.condition::text), '') AS condition,
    l.materials,
    {sold_in} AS country,
    {shown_since} AS shown_since)"};

} // namespace driplo
