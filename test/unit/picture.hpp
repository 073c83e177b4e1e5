// Pictures of state machines, drawn from their tables, and the tables themselves in Markdown. A
// program of this kind compares both with what is committed, or prints the picture with --write.
#pragma once

#include "core/format.hpp"
#include "core/state_machine.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tap.hpp"

using actor_names = std::vector<std::pair<unsigned, std::string_view>>;

inline std::string actors_text(unsigned actors, const actor_names& names) {
    std::string text;
    for (const auto& [actor, name] : names)
        if ((actors & actor) != 0)
            text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
}

inline std::string label(int x, int y, std::string_view anchor, std::string_view text) {
    return driplo::core::format(R"(<text class="who" x="{}" y="{}" text-anchor="{}">{}</text>)"
                                "\n",
                                x, y, anchor, text);
}

inline std::string arrow(std::string_view path) {
    return driplo::core::format(R"(<path d="{}"/>)"
                                "\n",
                                path);
}

inline std::string box(std::string_view name, int x, int y, int w, int h) {
    return driplo::core::format(R"(<rect x="{}" y="{}" width="{}" height="{}" rx="6"/>)"
                                "\n"
                                R"(<text x="{}" y="{}" text-anchor="middle">{}</text>)"
                                "\n",
                                x, y, w, h, x + w / 2, y + h / 2 + 5, name);
}

inline std::string svg(std::string_view title, int width, int height, std::string_view content) {
    return driplo::core::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img">
<title>{2}</title>
<style>
text {{ font: 14px sans-serif; fill: #1b2733 }}
text.who {{ font-size: 11px; fill: #4a5a6a }}
rect {{ fill: #eef3f8; stroke: #5b7083 }}
path {{ fill: none; stroke: #5b7083; stroke-width: 1.3; marker-end: url(#head) }}
marker path {{ fill: #5b7083; stroke: none; marker-end: none }}
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>
<rect x="0" y="0" width="{0}" height="{1}" style="fill: #ffffff; stroke: none"/>
{3}</svg>
)",
        width, height, title, content);
}

/// One column in the order of what usually happens, so that most steps go down by one. The two ends
/// that many states lead to are bars beside it; a step from the right one to the left one goes
/// around below.
template <typename State, std::size_t states, std::size_t steps>
struct column_picture {
    std::string_view title;
    const driplo::core::state_names<states>& names;
    const driplo::core::transition_table<State, steps>& table;
    const actor_names& actors;
    std::vector<State> column;
    State left, right;
    // On which side a step goes that passes other rows
    std::function<bool(const driplo::core::transition<State>&)> is_right;

    std::string draw() const {
        std::string content;
        for (const step& t : table)
            content += path_of(t);
        for (const State state : column)
            content += box(name(state), box_left, y_of(state), box_width, box_height);
        content += bar(left, left_bar) + bar(right, right_bar);
        return svg(title, width, bottom() + (has_way_below() ? 24 : 0) + top, content);
    }

private:
    using step = driplo::core::transition<State>;

    static constexpr int width = 820, row_height = 84, box_height = 36, top = 30;
    static constexpr int box_left = 310, box_width = 200, box_right = box_left + box_width;
    static constexpr int bar_width = 110, left_bar = 20, right_bar = width - 20 - bar_width;
    static constexpr int middle = box_left + box_width / 2;

    std::string_view name(State state) const { return names[static_cast<std::size_t>(state)]; }
    int rows() const { return static_cast<int>(column.size()); }
    int row_of(State state) const {
        return static_cast<int>(std::find(column.begin(), column.end(), state) - column.begin());
    }
    int y_of(State state) const { return top + row_of(state) * row_height; }
    int center_of(State state) const { return y_of(state) + box_height / 2; }
    int bottom() const { return top + (rows() - 1) * row_height + box_height; }
    std::string who(const step& t) const { return actors_text(t.actors, actors); }

    // Sideways into a bar.
    std::string to_bar(const step& t) const {
        const int y = center_of(t.from);
        const bool is_left = t.to == left;
        const int from = is_left ? box_left : box_right,
                  to = is_left ? left_bar + bar_width : right_bar;
        return arrow(driplo::core::format("M{} {}H{}", from, y, to)) +
               label(to + (is_left ? 14 : -14), y - 6, is_left ? "start" : "end", who(t));
    }

    // To the next row, or back to the one before: beside each other where both exist.
    std::string to_neighbour(const step& t) const {
        const bool down = row_of(t.to) > row_of(t.from);
        const int x = middle + (down ? -12 : 12);
        const int from = y_of(t.from) + (down ? box_height : 0);
        const int to = y_of(t.to) + (down ? 0 : box_height);
        return arrow(driplo::core::format("M{0} {1}V{2}", x, from, to)) +
               label(x + (down ? -8 : 8), (from + to) / 2 + 4, down ? "end" : "start", who(t));
    }

    // Past other rows: around them.
    std::string around(const step& t) const {
        const bool right_side = is_right(t);
        const int passed = std::abs(row_of(t.to) - row_of(t.from));
        const int side = right_side ? box_right : box_left;
        // each longer one outside of the shorter
        const int bend = side + (right_side ? 1 : -1) * 25 * passed * passed;
        const int from = center_of(t.from) + 10, to = center_of(t.to) - 10;
        return arrow(
                   driplo::core::format("M{0} {1}C{2} {1} {2} {3} {0} {3}", side, from, bend, to)) +
               label((side + 3 * bend) / 4 + (right_side ? 3 : -4),
                     (from + to) / 2 + (right_side ? 4 : 28), right_side ? "start" : "end", who(t));
    }

    std::string below(const step& t) const {
        const int y = bottom() + 24;
        return arrow(driplo::core::format("M{} {}V{}H{}V{}", right_bar + bar_width - 20,
                                          bar_end(right), y, left_bar + bar_width / 2,
                                          bar_end(left))) +
               label(middle, y - 6, "middle", who(t));
    }
    bool has_way_below() const {
        return std::any_of(table.begin(), table.end(),
                           [&](const step& t) { return t.from == right; });
    }

    std::string path_of(const step& t) const {
        if (t.from == right)
            return below(t);
        if (row_of(t.to) == rows())
            return to_bar(t);
        return std::abs(row_of(t.to) - row_of(t.from)) == 1 ? to_neighbour(t) : around(t);
    }

    // Beside all states that lead to it.
    std::pair<int, int> rows_of_bar(State state) const {
        int first = rows(), last = 0;
        for (const step& t : table)
            if (t.to == state && row_of(t.from) < rows()) {
                first = std::min(first, row_of(t.from));
                last = std::max(last, row_of(t.from));
            }
        return {first, last};
    }
    int bar_end(State state) const {
        return top + rows_of_bar(state).second * row_height + box_height;
    }
    std::string bar(State state, int x) const {
        const int y = top + rows_of_bar(state).first * row_height;
        return box(name(state), x, y, bar_width, bar_end(state) - y);
    }
};

/// The rows of the table in Markdown; steps of the same people share a bracket.
template <typename State, std::size_t states, std::size_t steps>
std::string markdown_of(const driplo::core::state_names<states>& names,
                        const driplo::core::transition_table<State, steps>& table,
                        const actor_names& actors) {
    std::string rows;
    for (std::size_t i = 0; i < states; ++i) {
        std::string row = driplo::core::format("| `{}` | ", names[i]);
        const driplo::core::transition<State>* before = nullptr;
        for (const driplo::core::transition<State>& t : table) {
            if (static_cast<std::size_t>(t.from) != i)
                continue;
            if (before && before->actors != t.actors)
                row += driplo::core::format(" ({})", actors_text(before->actors, actors));
            row += driplo::core::format("{}`{}`", before ? ", " : "",
                                        names[static_cast<std::size_t>(t.to)]);
            before = &t;
        }
        if (before)
            rows += row + driplo::core::format(" ({}) |\n", actors_text(before->actors, actors));
    }
    return rows;
}

inline std::string content_of(const std::string& name) {
    std::ifstream file(name);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// What a program does: prints the picture, or says whether picture and page agree with the table.
inline int show(int count, char** arguments, std::string_view picture_name,
                const std::string& picture, std::string_view page, const std::string& table) {
    if (count > 1 && std::string_view(arguments[1]) == "--write") {
        std::fwrite(picture.data(), 1, picture.size(), stdout);
        return 0;
    }
    tap t;
    if (!t.ok(content_of(driplo::core::format("../../docs/{}", picture_name)) == picture,
              driplo::core::format("docs/{} shows the states", picture_name)))
        t.diag(driplo::core::format("make docs/{} draws it again", picture_name));
    if (!t.ok(content_of(driplo::core::format("../../docs/{}", page))
                      .find("| --- | --- |\n" + table + "\n") != std::string::npos,
              driplo::core::format("docs/{} has the table of the states", page)))
        t.diag(table);
    return t.finish();
}
