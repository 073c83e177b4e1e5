#include "core/image_url.hpp"
#include "core/format.hpp"

#include <string>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;
using namespace std::string_view_literals;

int main() {
    tap t;

    struct size_row {
        const char* name;
        image_size size;
        const char* url;
    };
    const size_row sizes[] = {
        {"thumb", image_size::thumb, "a_thumb.webp"},
        {"small", image_size::small, "a_small.webp"},
        {"medium", image_size::medium, "a_medium.webp"},
        {"large", image_size::large, "a_large.webp"},
    };
    for (const size_row& row : sizes) {
        t.ok(parse_image_size(row.name) == row.size, driplo::core::format("size {}", row.name));
        t.is(optimized_image_url("a.webp", row.size), row.url,
             driplo::core::format("{} url", row.name));
    }
    for (const std::string_view wrong :
         {""sv, "Medium"sv, "medium "sv, "_medium"sv, "huge"sv, "med"sv, "medium\0"sv, "%"sv,
          "\xff\xfe"sv, "thumb.webp"sv})
        t.throws(
            errors::invalid_parameter_value, [&] { parse_image_size(wrong); },
            driplo::core::format("\"{}\" is no size", excerpt(wrong)));
    try {
        parse_image_size(std::string(1 << 20, 'x'));
    } catch (const error& e) {
        t.is(e.detail, "The size is \"" + std::string(64, 'x') + "...\".", "the detail is cut");
        t.is(e.hint, "Valid sizes are thumb, small, medium, and large.",
             "the hint lists the sizes");
    }

    struct url_row {
        std::string_view url;
        std::string_view wanted; // for medium
    };
    const url_row changed[] = {
        {"https://cdn.example/a/photo.webp", "https://cdn.example/a/photo_medium.webp"},
        {"photo.webp", "photo_medium.webp"},
        {"/photo.webp", "/photo_medium.webp"},
        {".webp", "_medium.webp"},
        {"/a/.webp", "/a/_medium.webp"},
        {"a.webp?width=1", "a_medium.webp?width=1"},
        {"a.webp#top", "a_medium.webp#top"},
        {"a.webp?", "a_medium.webp?"},
        {"a.webp#", "a_medium.webp#"},
        {"a.webp?b=c.webp", "a_medium.webp?b=c.webp"},
        {"a.webp#b?c.webp", "a_medium.webp#b?c.webp"},
        {"a.webp?b#c", "a_medium.webp?b#c"},
        {"a.webp?b_thumb.webp", "a_medium.webp?b_thumb.webp"},
        {"a.webp/b.webp", "a.webp/b_medium.webp"},
        {"a.webp.webp", "a.webp_medium.webp"},
        {"https://x.webp/b.webp", "https://x.webp/b_medium.webp"},
        {"https://h.webp/a.webp", "https://h.webp/a_medium.webp"},
        {"file:///a.webp", "file:///a_medium.webp"},
        {"//host/a.webp", "//host/a_medium.webp"},
        {"a/b://c.webp", "a/b://c_medium.webp"},
        {"a//b.webp", "a//b_medium.webp"},
        {"://c.webp", "://c_medium.webp"},
        {"aXthumb.webp", "aXthumb_medium.webp"},
        {"thumb.webp", "thumb_medium.webp"},
        {"a_huge.webp", "a_huge_medium.webp"},
        {"a_Thumb.webp", "a_Thumb_medium.webp"},
        {"a_thumb_.webp", "a_thumb__medium.webp"},
        {"a_thumb/b.webp", "a_thumb/b_medium.webp"},
        {"\xf0\x9f\x91\x97.webp", "\xf0\x9f\x91\x97_medium.webp"},
        {"\xff\x80.webp"sv, "\xff\x80_medium.webp"sv},
        {"a\0b.webp"sv, "a\0b_medium.webp"sv},
        {"a\n.webp", "a\n_medium.webp"},
        {"%s%n.webp", "%s%n_medium.webp"},
    };
    for (const url_row& row : changed)
        t.is(optimized_image_url(row.url, image_size::medium), row.wanted,
             driplo::core::format("\"{}\"", excerpt(row.url)));

    const std::string_view unchanged[] = {
        "",
        "a",
        "webp",
        "a.jpg",
        "awebp",
        "a.webpx",
        "a.webp ",
        "a.WEBP",
        "a.webp/",
        "a.webp/b.jpg",
        "a.jpg?b.webp",
        "a.jpg#b.webp",
        "?a.webp",
        "#a.webp",
        "a_thumb.webp",
        "a_small.webp",
        "a_medium.webp",
        "a_large.webp",
        "a_large.webp?v=2",
        "a_large.webp#x",
        "_thumb.webp",
        "https://shop.webp",
        "https://shop.webp?x",
        "https://shop.webp#x",
        "//shop.webp",
        "https://.webp",
        "a.webp\0"sv,
    };
    for (const std::string_view url : unchanged) {
        t.ok(!image_size_position(url), driplo::core::format("\"{}\" is left alone", excerpt(url)));
        t.is(optimized_image_url(url, image_size::thumb), url, "and is given back");
    }

    t.is(image_size_position("ab.webp?c").value_or(99), 2u, "the position is that of the ending");
    std::string large(16 << 20, 'a');
    t.ok(!image_size_position(large), "16 MB without an ending");
    large += ".webp";
    t.is(image_size_position(large).value_or(0), std::size_t{16 << 20}, "16 MB with an ending");
    t.ok(!image_size_position(std::string(1 << 20, '?')), "a megabyte of question marks");
    t.ok(!image_size_position(std::string(1 << 20, '/')), "a megabyte of slashes");
    return t.finish();
}
