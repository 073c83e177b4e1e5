#include "core/query_text.hpp"

#include "core/text.hpp"

#include <algorithm>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

constexpr std::string_view kept_statements[] = {"select", "insert", "update", "delete",
                                                "merge",  "values", "table",  "with"};

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
// Bytes above 127 are letters, as for the server.
bool begins_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 128;
}
bool continues_word(char c) {
    return begins_word(c) || is_digit(c) || c == '$';
}

// Reads a statement from its beginning to its end. Each read_ function is at the first character of
// what it reads, and behind the last one afterwards.
class reader {
public:
    explicit reader(std::string_view text) : text_(text) {}

    std::string read() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (is_space(c))
                read_space();
            else if (looking_at("--"))
                read_line_comment();
            else if (looking_at("/*"))
                read_block_comment();
            else if (c == '\'')
                read_string(false);
            else if (c == '"')
                read_identifier();
            else if (c == '$')
                read_dollar();
            else if (is_digit(c) || (c == '.' && is_digit(next(1))))
                read_number();
            else if (begins_word(c))
                read_word();
            else
                add(c), ++at_;
        }
        while (!out_.empty() && out_.back() == ' ')
            out_.pop_back();
        return std::move(out_);
    }

private:
    char next(std::size_t n) const { return at_ + n < text_.size() ? text_[at_ + n] : '\0'; }
    bool looking_at(std::string_view what) const { return text_.substr(at_, what.size()) == what; }
    void add(char c) { out_ += c; }
    void read_space() {
        if (!out_.empty() && out_.back() != ' ')
            add(' ');
        while (at_ < text_.size() && is_space(text_[at_]))
            ++at_;
    }
    void read_line_comment() { at_ = std::min(text_.find('\n', at_), text_.size()); }
    void read_block_comment() {
        int depth = 0;
        do {
            if (looking_at("/*"))
                ++depth, at_ += 2;
            else if (looking_at("*/"))
                --depth, at_ += 2;
            else
                ++at_;
        } while (depth > 0 && at_ < text_.size());
        at_ = std::min(at_, text_.size());
        if (!out_.empty() && out_.back() != ' ')
            add(' ');
    }
    // Whether \' ends a string without E depends on standard_conforming_strings: then all that
    // follows may be a literal, and is left out.
    void read_string(bool has_escapes) {
        for (++at_; at_ < text_.size(); ++at_) {
            if (looking_at("\\'") && !has_escapes)
                at_ = text_.size();
            else if (has_escapes && text_[at_] == '\\')
                ++at_;
            else if (looking_at("''"))
                ++at_;
            else if (text_[at_] == '\'')
                break;
        }
        at_ = std::min(at_ + 1, text_.size());
        add('?');
    }
    void read_identifier() {
        const std::size_t end = text_.find('"', at_ + 1);
        if (end == text_.npos) {
            at_ = text_.size();
            return;
        }
        out_.append(text_, at_, end + 1 - at_);
        at_ = end + 1;
    }
    // $1 is a parameter; $$...$$ and $tag$...$tag$ are strings
    void read_dollar() {
        std::size_t end = at_ + 1;
        if (end < text_.size() && is_digit(text_[end])) {
            while (end < text_.size() && is_digit(text_[end]))
                ++end;
            out_.append(text_, at_, end - at_);
            at_ = end;
            return;
        }
        while (end < text_.size() && continues_word(text_[end]) && text_[end] != '$')
            ++end;
        if (end >= text_.size() || text_[end] != '$') {
            add('$'), ++at_;
            return;
        }
        const std::string_view tag = text_.substr(at_, end + 1 - at_);
        const std::size_t closing = text_.find(tag, end + 1);
        at_ = closing == text_.npos ? text_.size() : closing + tag.size();
        add('?');
    }
    void read_number() {
        while (at_ < text_.size() && (continues_word(text_[at_]) || text_[at_] == '.' ||
                                      ((text_[at_] == '+' || text_[at_] == '-') &&
                                       (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E'))))
            ++at_;
        add('?');
    }
    void read_word() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && continues_word(text_[at_]))
            ++at_;
        const std::string_view word = text_.substr(begin, at_ - begin);
        // E'...' has escapes by backslash; X, B and N strings have none
        if (at_ < text_.size() && text_[at_] == '\'' && word.size() == 1) {
            read_string(word == "e" || word == "E");
            return;
        }
        out_ += word;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string out_;
};

std::string_view first_word(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of("( "), text.size());
    std::size_t end = begin;
    while (end < text.size() && continues_word(text[end]))
        ++end;
    return text.substr(begin, end - begin);
}

} // namespace

std::optional<std::string> query_shape(std::string_view statement, std::size_t max_bytes) {
    std::string shape = reader(statement).read();
    const std::string word = lower_case(first_word(shape));
    if (std::find(std::begin(kept_statements), std::end(kept_statements), word) ==
        std::end(kept_statements))
        return std::nullopt;
    if (shape.size() > max_bytes) {
        std::size_t end = max_bytes;
        while (end > 0 && (static_cast<unsigned char>(shape[end]) & 0xC0) == 0x80)
            --end;
        shape.resize(end);
    }
    return shape;
}

} // namespace driplo::core
