// docs/dispute-states.svg and the table in docs/disputes.md show what src/core/dispute_state.cpp
// says, and nothing else: picture.hpp. The two steps that every open state has are drawn once, from
// a frame around them.
#include "core/dispute_state.hpp"
#include "core/format.hpp"

#include <optional>

#include "picture.hpp"

#include "core/purity.hpp"

using namespace driplo::core;
using s = dispute_state;

namespace {

constexpr int width = 980, height = 560, box_width = 210, box_height = 36;

struct place {
    s state;
    int x, y; // of the box's middle
};

constexpr place places[] = {
    {s::open, 490, 70},          {s::awaiting_seller_response, 175, 200},
    {s::under_review, 490, 200}, {s::awaiting_buyer_response, 805, 200},
    {s::escalated, 490, 330},    {s::cancelled, 175, 450},
    {s::resolved, 805, 450},     {s::closed, 490, 520},
};

const place& place_of(s state) {
    return *std::find_if(std::begin(places), std::end(places),
                         [&](const place& p) { return p.state == state; });
}

struct point {
    double x, y;
};

// Where the line from the middle of a box to another leaves it.
point edge(const place& from, const place& to) {
    const double dx = to.x - from.x, dy = to.y - from.y;
    const double w = from.state == s::under_review ? 130 : box_width;
    const double by_width = dx == 0 ? 9 : w / 2 / std::abs(dx),
                 by_height = dy == 0 ? 9 : box_height / 2.0 / std::abs(dy);
    const double part = std::min(by_width, by_height);
    return {from.x + dx * part, from.y + dy * part};
}

const actor_names actors{{as_buyer, "buyer"},
                         {as_seller, "seller"},
                         {as_initiator, "who opened it"},
                         {as_respondent, "the other party"},
                         {as_system, "system"}};

// Two steps between the same two states lie beside each other.
std::string line(const transition<dispute_state>& t) {
    const place &a = place_of(t.from), &b = place_of(t.to);
    const bool both = std::any_of(
        dispute_transitions.begin(), dispute_transitions.end(),
        [&](const transition<dispute_state>& u) { return u.from == t.to && u.to == t.from; });
    const point from = edge(a, b), to = edge(b, a);
    const bool flat = a.y == b.y;
    const double shift = !both ? 0 : (flat ? a.x < b.x : a.y < b.y) ? -8 : 8;
    const double sx = flat ? 0 : -shift, sy = flat ? shift : 0;
    const bool leans = !flat && a.x != b.x;
    const int x = static_cast<int>((from.x + to.x) / 2 + sx),
              y = static_cast<int>((from.y + to.y) / 2 + sy);
    return arrow(driplo::core::format("M{:.0f} {:.0f}L{:.0f} {:.0f}", from.x + sx, from.y + sy,
                                      to.x + sx, to.y + sy)) +
           (flat ? label(x, y + (shift > 0 ? 16 : -8), "middle", actors_text(t.actors, actors))
            : leans && b.x > a.x ? label(x + 8, y - 2, "start", actors_text(t.actors, actors))
            : leans              ? label(x - 8, y - 2, "end", actors_text(t.actors, actors))
                                 : label(x + 8, y + 4, "start", actors_text(t.actors, actors)));
}

// The actors of the step that every open state has to this one; nothing when they differ.
std::optional<unsigned> common_step(s to) {
    std::optional<unsigned> common;
    for (std::size_t i = 0; i < dispute_state_names.size(); ++i) {
        const s from = static_cast<s>(i);
        if (!is_open(from))
            continue;
        const auto found = std::find_if(
            dispute_transitions.begin(), dispute_transitions.end(),
            [&](const transition<dispute_state>& t) { return t.from == from && t.to == to; });
        if (found == dispute_transitions.end() || (common && *common != found->actors))
            return std::nullopt;
        common = found->actors;
    }
    return common;
}

bool is_framed(const transition<dispute_state>& t) {
    return is_open(t.from) && !is_open(t.to) && common_step(t.to);
}

std::string from_frame(s to, int frame_bottom) {
    const place& p = place_of(to);
    return arrow(driplo::core::format("M{} {}V{}", p.x, frame_bottom, p.y - box_height / 2)) +
           label(p.x + 8, (frame_bottom + p.y - box_height / 2) / 2 + 4, "start",
                 actors_text(*common_step(to), actors));
}

std::string picture() {
    constexpr int frame_top = 30, frame_bottom = 380;
    std::string content = driplo::core::format(
        R"(<rect x="40" y="{}" width="900" height="{}" rx="12" style="fill: #fafcfe"/>)"
        "\n"
        R"(<text class="who" x="56" y="{}" text-anchor="start">open</text>)"
        "\n",
        frame_top, frame_bottom - frame_top, frame_top + 20);
    for (const transition<dispute_state>& t : dispute_transitions)
        if (!is_framed(t))
            content += line(t);
    for (const s to : {s::cancelled, s::resolved})
        if (common_step(to))
            content += from_frame(to, frame_bottom);
    for (const place& p : places) {
        const int w = p.state == s::under_review ? 130 : box_width;
        content +=
            box(dispute_state_name(p.state), p.x - w / 2, p.y - box_height / 2, w, box_height);
    }
    return svg("The states of a dispute, and who may bring each about", width, height, content);
}

} // namespace

int main(int count, char** arguments) {
    return show(count, arguments, "dispute-states.svg", picture(), "disputes.md",
                markdown_of(dispute_state_names, dispute_transitions, actors));
}
