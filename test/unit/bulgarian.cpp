#include "core/fold.hpp"

#include <set>

#include "bulgarian_forms.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

std::vector<std::vector<token>> lines_of(std::string_view table) {
    std::vector<std::vector<token>> lines;
    while (!table.empty()) {
        const std::size_t end = std::min(table.find('\n'), table.size());
        if (std::vector<token> words = tokens(table.substr(0, end)); !words.empty())
            lines.push_back(std::move(words));
        table.remove_prefix(std::min(end + 1, table.size()));
    }
    return lines;
}

double recall(tap& t, std::string_view table, bool show) {
    std::size_t pairs = 0, found = 0;
    for (const std::vector<token>& forms : lines_of(table))
        for (std::size_t i = 1; i < forms.size(); ++i) {
            ++pairs;
            const bool same = forms[i].lexeme == forms[0].lexeme;
            found += same;
            if (show && !same)
                t.diag(format("{} {}: {} {}", forms[0].surface, forms[i].surface, forms[0].lexeme,
                              forms[i].lexeme));
        }
    t.diag(format("{} of {} pairs, recall {:.3f}", found, pairs,
                  static_cast<double>(found) / static_cast<double>(pairs)));
    return static_cast<double>(found) / static_cast<double>(pairs);
}

} // namespace

int main(int count, char**) {
    tap t;
    t.ok(recall(t, tuning_forms, true) >= 0.97, "forms find each other");
    t.ok(recall(t, unseen_forms, count > 1) >= 0.97, "and those that no rule was made for");
    for (const std::vector<token>& words : lines_of(different_words)) {
        std::set<std::string> different;
        std::string text;
        for (const token& w : words) {
            different.insert(w.lexeme);
            text += w.surface + ":" + w.lexeme + " ";
        }
        t.ok(different.size() == words.size(), text);
    }
    return t.finish();
}
