// JSON texts, put together field by field; strings are escaped as the server does it.
#pragma once

#include "core/money.hpp"
#include "pg/value.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace driplo::pg {

std::string json_text_of(const std::string& value);
std::string json_text_of(const uuid& value);
std::string json_text_of(core::money value); // 1250 is 12.50
std::string json_text_of(std::int64_t value);
std::string json_text_of(bool value);

class json_array {
public:
    template <typename Part>
    void add(const Part& part) {
        text_ += (text_.empty() ? "" : ",") + part.text();
    }
    std::string text() const { return "[" + text_ + "]"; }

private:
    std::string text_;
};

class json_object {
public:
    template <typename T>
    void add(const char* name, const T& value) {
        put(name, json_text_of(value));
    }
    // nullopt is null
    template <typename T>
    void add(const char* name, const std::optional<T>& value) {
        put(name, value ? json_text_of(*value) : std::string("null"));
    }
    void add(const char* name, const json_object& value) { put(name, value.text()); }
    void add(const char* name, const json_array& value) { put(name, value.text()); }
    void add_null(const char* name) { put(name, "null"); }
    std::string text() const { return "{" + text_ + "}"; }

private:
    void put(const char* name, const std::string& value);

    std::string text_;
};

// A jsonb, read by names.
class json_reader {
public:
    explicit json_reader(jsonb value) : value_(value.datum) {}

    // What #>> gives: a string without its quotes, other values as their text; nullopt where there
    // is nothing or null. A number in the path is the place in an array.
    template <typename... Names>
    std::optional<std::string> text(Names... path) const {
        const char* const names[] = {path...};
        return text_at(names, static_cast<int>(sizeof...(Names)));
    }

    // What #> gives. Of what is not there all is nullopt.
    template <typename... Names>
    json_reader at(Names... path) const {
        const char* const names[] = {path...};
        return json_reader(value_at(names, static_cast<int>(sizeof...(Names))));
    }

    bool is_object() const;
    bool is_string() const;
    int array_length() const; // 0 of what is no array
    // The text of a number; nullopt where there is none.
    std::optional<std::string> number() const;
    // Whether it is an object with one of these keys, each a string literal.
    bool has_any(std::initializer_list<const char*> keys) const;

private:
    explicit json_reader(std::optional<Datum> value) : value_(value) {}
    std::optional<std::string> text_at(const char* const* path, int size) const;
    std::optional<Datum> value_at(const char* const* path, int size) const;

    std::optional<Datum> value_;
};

// The text as jsonb, in the current memory context.
Datum json_datum(const std::string& text);

// An object of texts as jsonb, in the current memory context; nullopt is null.
using text_field = std::pair<const char*, std::optional<std::string_view>>;
Datum json_datum(std::initializer_list<text_field> fields);

} // namespace driplo::pg
