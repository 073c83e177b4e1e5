// docs/order-states.svg and the table in docs/orders.md show what src/core/order_state.cpp says,
// and nothing else. With --write as its argument the program prints the picture (make
// docs/order-states.svg); without, it compares both with what is committed.
#include "core/order_state.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

// One column in the order of a sale, so that most steps go down by one. The two ends that many
// states lead to are bars beside it.
constexpr std::array<order_state, 9> column{
    order_state::pending_payment,    order_state::payment_failed,
    order_state::payment_processing, order_state::paid,
    order_state::preparing,          order_state::shipped,
    order_state::in_transit,         order_state::delivered,
    order_state::completed};

constexpr int width = 820, row_height = 84, box_height = 36, top = 30;
constexpr int box_left = 310, box_width = 200, box_right = box_left + box_width;
constexpr int bar_width = 110, left_bar = 20, right_bar = width - 20 - bar_width;
constexpr int middle = box_left + box_width / 2;

int row_of(order_state state) {
    return static_cast<int>(std::find(column.begin(), column.end(), state) - column.begin());
}
int y_of(order_state state) {
    return top + row_of(state) * row_height;
}
int center_of(order_state state) {
    return y_of(state) + box_height / 2;
}

std::string actors_text(unsigned actors) {
    std::string text;
    for (const auto& [actor, name] : {std::pair{as_buyer, "buyer"}, std::pair{as_seller, "seller"},
                                      std::pair{as_system, "system"}})
        if ((actors & actor) != 0)
            text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
}

std::string label(int x, int y, std::string_view anchor, std::string_view text) {
    return fmt::format(R"(<text class="who" x="{}" y="{}" text-anchor="{}">{}</text>)"
                       "\n",
                       x, y, anchor, text);
}

std::string arrow(std::string_view path) {
    return fmt::format(R"(<path d="{}"/>)"
                       "\n",
                       path);
}

// Sideways into a bar.
std::string to_bar(const order_transition& t) {
    const int y = center_of(t.from);
    const bool left = t.to == order_state::cancelled;
    const int from = left ? box_left : box_right, to = left ? left_bar + bar_width : right_bar;
    return arrow(fmt::format("M{} {}H{}", from, y, to)) +
           label(to + (left ? 14 : -14), y - 6, left ? "start" : "end", actors_text(t.actors));
}

// To the next row, or back to the one before: beside each other where both exist.
std::string to_neighbour(const order_transition& t) {
    const bool down = row_of(t.to) > row_of(t.from);
    const int x = middle + (down ? -12 : 12);
    const int from = y_of(t.from) + (down ? box_height : 0);
    const int to = y_of(t.to) + (down ? 0 : box_height);
    return arrow(fmt::format("M{0} {1}V{2}", x, from, to)) +
           label(x + (down ? -8 : 8), (from + to) / 2 + 4, down ? "end" : "start",
                 actors_text(t.actors));
}

// Past other rows: around them, on the side where no bar is.
std::string around(const order_transition& t) {
    const bool right = row_of(t.to) <= row_of(order_state::paid);
    const int rows = std::abs(row_of(t.to) - row_of(t.from));
    const int side = right ? box_right : box_left;
    const int bend =
        side + (right ? 1 : -1) * 25 * rows * rows; // each longer one outside of the shorter
    const int from = center_of(t.from) + 10, to = center_of(t.to) - 10;
    return arrow(fmt::format("M{0} {1}C{2} {1} {2} {3} {0} {3}", side, from, bend, to)) +
           label((side + 3 * bend) / 4 + (right ? 3 : -4), (from + to) / 2 + (right ? 4 : 28),
                 right ? "start" : "end", actors_text(t.actors));
}

std::string step(const order_transition& t) {
    if (row_of(t.to) == static_cast<int>(column.size()))
        return to_bar(t);
    return std::abs(row_of(t.to) - row_of(t.from)) == 1 ? to_neighbour(t) : around(t);
}

std::string box(order_state state, int x, int y, int w, int h) {
    return fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" rx="6"/>)"
                       "\n"
                       R"(<text x="{}" y="{}" text-anchor="middle">{}</text>)"
                       "\n",
                       x, y, w, h, x + w / 2, y + h / 2 + 5, order_state_name(state));
}

// Beside all states that lead to it.
std::string bar(order_state state, int x) {
    int first = static_cast<int>(column.size()), last = 0;
    for (const order_transition& t : order_transitions)
        if (t.to == state) {
            first = std::min(first, row_of(t.from));
            last = std::max(last, row_of(t.from));
        }
    return box(state, x, top + first * row_height, bar_width,
               (last - first) * row_height + box_height);
}

std::string picture() {
    const int height = 2 * top + static_cast<int>(column.size() - 1) * row_height + box_height;
    std::string svg = fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img">
<title>The states of an order, and who may bring each about</title>
<style>
text {{ font: 14px sans-serif; fill: #1b2733 }}
text.who {{ font-size: 11px; fill: #4a5a6a }}
rect {{ fill: #eef3f8; stroke: #5b7083 }}
path {{ fill: none; stroke: #5b7083; stroke-width: 1.3; marker-end: url(#head) }}
marker path {{ fill: #5b7083; stroke: none; marker-end: none }}
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>
<rect x="0" y="0" width="{0}" height="{1}" style="fill: #ffffff; stroke: none"/>
)",
        width, height);
    for (const order_transition& t : order_transitions)
        svg += step(t);
    for (const order_state state : column)
        svg += box(state, box_left, y_of(state), box_width, box_height);
    svg += bar(order_state::cancelled, left_bar) + bar(order_state::refunded, right_bar);
    return svg + "</svg>\n";
}

/// A row of the table in Markdown; steps of the same people share a bracket.
std::string row(order_state from) {
    std::string text = fmt::format("| `{}` | ", order_state_name(from));
    const order_transition* before = nullptr;
    for (const order_transition& t : order_transitions) {
        if (t.from != from)
            continue;
        if (before && before->actors != t.actors)
            text += fmt::format(" ({})", actors_text(before->actors));
        text += fmt::format("{}`{}`", before ? ", " : "", order_state_name(t.to));
        before = &t;
    }
    return before ? text + fmt::format(" ({}) |\n", actors_text(before->actors)) : "";
}

std::string table() {
    std::string rows;
    for (std::size_t i = 0; i < order_state_names.size(); ++i)
        rows += row(static_cast<order_state>(i));
    return rows;
}

std::string content(const char* name) {
    std::ifstream file(name);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

} // namespace

int main(int count, char** arguments) {
    const std::string wanted = picture();
    if (count > 1 && std::string_view(arguments[1]) == "--write") {
        std::fwrite(wanted.data(), 1, wanted.size(), stdout);
        return 0;
    }
    tap t;
    if (!t.ok(content("../../docs/order-states.svg") == wanted,
              "docs/order-states.svg shows the states"))
        t.diag("make docs/order-states.svg draws it again");
    if (!t.ok(content("../../docs/orders.md").find("| --- | --- |\n" + table() + "\n") !=
                  std::string::npos,
              "docs/orders.md has the table of the states"))
        t.diag(table());
    return t.finish();
}
