// Refuses to compile once a PostgreSQL header has been seen.
//
// Every .cpp of src/core includes this file last, so that no header of the core can bring the
// server in, not even through another one. The headers of the core themselves may be included
// anywhere, before or after the server's. No include guard: it has to look each time.

#if defined(POSTGRES_H) || defined(POSTGRES_FE_H) || defined(PG_VERSION_NUM)
#error "src/core knows no PostgreSQL: this belongs in src/pg or src/api"
#endif
