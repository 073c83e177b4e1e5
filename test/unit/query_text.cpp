#include "core/query_text.hpp"
#include "core/format.hpp"

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

void test_shapes(tap& t) {
    struct {
        const char *statement, *shape;
    } const cases[] = {
        {"SELECT 1", "SELECT ?"},
        {"SELECT $1, $12", "SELECT $1, $12"},
        {"  select\n\t*  from  t where a = 'it''s' ", "select * from t where a = ?"},
        {"SELECT E'a\\'b', 'c\\d', 'e'", "SELECT ?, ?, ?"},
        {"SELECT 'a\\', b, 'c'", "SELECT ?"},
        {"SELECT e'\\\\', U&'\\0041', X'1F', B'01', N'n'", "SELECT ?, U&?, ?, ?, ?"},
        {"SELECT $$secret$$, $x$a $$ b$x$", "SELECT ?, ?"},
        {"SELECT 1.5e-3, .5, 10::numeric, a1, t2.b3", "SELECT ?, ?, ?::numeric, a1, t2.b3"},
        {"SELECT 0x1F, 1_000", "SELECT ?, ?"},
        {"SELECT /* joe@example.org */ a -- and more\n FROM t", "SELECT a FROM t"},
        {"/* a /* nested */ secret */ SELECT a", "SELECT a"},
        {"SELECT \"a 'b' -- c\" FROM \"t\"", "SELECT \"a 'b' -- c\" FROM \"t\""},
        {"SELECT 'open", "SELECT ?"},
        {"SELECT $$open", "SELECT ?"},
        {"SELECT /* open", "SELECT"},
        {"SELECT \"open", "SELECT"},
        {"((SELECT 1))", "((SELECT ?))"},
        {"WITH x AS (SELECT 'a') TABLE x", "WITH x AS (SELECT ?) TABLE x"},
        {"INSERT INTO t VALUES ('a', 1), ('b', 2)", "INSERT INTO t VALUES (?, ?), (?, ?)"},
        {"SELECT 'a'\n'b'", "SELECT ? ?"},
        {"SELECT 'caf\xc3\xa9', caf\xc3\xa9", "SELECT ?, caf\xc3\xa9"},
    };
    for (const auto& each : cases)
        t.is(query_shape(each.statement).value_or("nothing"), std::string(each.shape),
             each.statement);
    for (const char* other :
         {"CREATE USER joe PASSWORD 'secret'", "ALTER ROLE joe PASSWORD 'secret'", "", "  ", "-- x",
          "DO $$ SELECT 1 $$", "COPY t FROM '/etc/passwd'", "EXPLAIN SELECT 'secret'",
          "SET password = 'secret'", "CALL p('secret')", "selected", "PREPARE p AS SELECT 'x'",
          "'SELECT'", "; SELECT 1"})
        t.ok(!query_shape(other), driplo::core::format("{} is not kept", other));
    t.is(query_shape("SELECT " + std::string(5000, 'a'))->size(), 4000u, "4000 bytes at most");
    t.is(query_shape("SELECT \xc3\xa9\xc3\xa9", 10).value_or(""), std::string("SELECT \xc3\xa9"),
         "cut between two characters");
}

// However literals are written and followed by others, nothing of them is left.
void test_secrets(tap& t) {
    const char* literals[] = {"'KEY'",        "'it''s KEY'", "E'\\'KEY'", "$$KEY$$",
                              "$a$ ' KEY$a$", "/* KEY */ 1", "-- KEY\n1", "X'KEY'",
                              "U&'KEY'",      "'--KEY'",     "'/* KEY'",  "E'\\\\' 'KEY'"};
    bool holds = true;
    for (const char* first : literals)
        for (const char* second : literals)
            for (const char* third : literals) {
                const std::string shape =
                    query_shape(driplo::core::format("SELECT {}, {} FROM t WHERE a = {}", first,
                                                     second, third))
                        .value_or("");
                holds =
                    holds && shape.find("KEY") == shape.npos && shape.find("FROM t") != shape.npos;
            }
    t.ok(holds, "no literal is left, and all else is");
}

} // namespace

int main() {
    tap t;
    test_shapes(t);
    test_secrets(t);
    return t.finish();
}
