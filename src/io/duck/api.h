// DuckDB's C library, opened when it is first asked for: what we use of its interface, by names and
// layouts that it keeps from version to version. Only this folder knows of it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/context.h"

// Things of DuckDB's, known by address.
typedef struct duck_database *duck_database;
typedef struct duck_connection *duck_connection;
typedef struct duck_config *duck_config;
typedef struct duck_statement *duck_statement;
typedef struct duck_pending *duck_pending;
typedef struct duck_chunk *duck_chunk;
typedef struct duck_vector *duck_vector;
typedef struct duck_type *duck_type;
typedef struct duck_value *duck_value;
typedef struct duck_function *duck_function;
typedef struct duck_bind *duck_bind;
typedef struct duck_start *duck_start;
typedef struct duck_call *duck_call;

// A result, which the caller has room for.
typedef struct duck_result {
    uint64_t unused[3];
    void *columns;
    char *message;
    void *internal;
} duck_result;

typedef struct duck_wide {
    uint64_t lower;
    int64_t upper;
} duck_wide;

typedef struct duck_interval {
    int32_t months, days;
    int64_t microseconds;
} duck_interval;

// A string of a vector: up to 12 bytes are in it, behind the length; else the first four, and the
// address of all.
typedef struct duck_string {
    uint32_t length;
    char bytes[4];
    const char *address;
} duck_string;

enum { DUCK_INLINED = 12, DUCK_VECTOR_ROWS = 2048 };

// What a pending result is found to be.
typedef enum duck_state { DUCK_READY, DUCK_NOT_READY, DUCK_FAILED, DUCK_NO_TASK } duck_state;

// What a statement gives.
enum { DUCK_ROWS_CHANGED = 1, DUCK_NOTHING = 2, DUCK_ROWS = 3 };

enum { DUCK_SELECT = 1 }; // of the types of statements

typedef enum duck_type_id {
    DUCK_BOOLEAN = 1,
    DUCK_TINYINT,
    DUCK_SMALLINT,
    DUCK_INTEGER,
    DUCK_BIGINT,
    DUCK_UTINYINT,
    DUCK_USMALLINT,
    DUCK_UINTEGER,
    DUCK_UBIGINT,
    DUCK_FLOAT,
    DUCK_DOUBLE,
    DUCK_TIMESTAMP,
    DUCK_DATE,
    DUCK_TIME,
    DUCK_INTERVAL,
    DUCK_HUGEINT,
    DUCK_VARCHAR,
    DUCK_BLOB,
    DUCK_DECIMAL,
    DUCK_TIMESTAMP_S,
    DUCK_TIMESTAMP_MS,
    DUCK_TIMESTAMP_NS,
    DUCK_ENUM,
    DUCK_LIST,
    DUCK_STRUCT,
    DUCK_MAP,
    DUCK_UUID,
    DUCK_UNION,
    DUCK_BIT,
    DUCK_TIME_TZ,
    DUCK_TIMESTAMP_TZ,
    DUCK_UHUGEINT,
    DUCK_ARRAY,
    DUCK_ANY,
    DUCK_BIGNUM,
    DUCK_NULL,
    DUCK_STRING_LITERAL,
    DUCK_INTEGER_LITERAL,
    DUCK_TIME_NS,
    DUCK_TYPES
} duck_type_id;

typedef void duck_on_bind(duck_bind);
typedef void duck_on_start(duck_start);
typedef void duck_on_call(duck_call, duck_chunk);

// Functions: result, name behind `duckdb_`, parameters. Those that give an int give 0 for success,
// or what the enumerations above have.
#define DUCK_FUNCTIONS(F)                                                                          \
    F(int, create_config, (duck_config *))                                                         \
    F(int, set_config, (duck_config, const char *, const char *))                                  \
    F(void, destroy_config, (duck_config *))                                                       \
    F(int, open_ext, (const char *, duck_database *, duck_config, char **))                        \
    F(void, close, (duck_database *))                                                              \
    F(int, connect, (duck_database, duck_connection *))                                            \
    F(void, disconnect, (duck_connection *))                                                       \
    F(void, interrupt, (duck_connection))                                                          \
    F(void, free, (void *))                                                                        \
    F(int, query, (duck_connection, const char *, duck_result *))                                  \
    F(void, destroy_result, (duck_result *))                                                       \
    F(const char *, result_error, (duck_result *))                                                 \
    F(int, result_return_type, (duck_result))                                                      \
    F(uint64_t, column_count, (duck_result *))                                                     \
    F(const char *, column_name, (duck_result *, uint64_t))                                        \
    F(duck_type, column_logical_type, (duck_result *, uint64_t))                                   \
    F(int, prepare, (duck_connection, const char *, duck_statement *))                             \
    F(const char *, prepare_error, (duck_statement))                                               \
    F(void, destroy_prepare, (duck_statement *))                                                   \
    F(int, prepared_statement_type, (duck_statement))                                              \
    F(uint64_t, prepared_statement_column_count, (duck_statement))                                 \
    F(char *, prepared_statement_column_name, (duck_statement, uint64_t))                          \
    F(duck_type, prepared_statement_column_logical_type, (duck_statement, uint64_t))               \
    F(uint64_t, nparams, (duck_statement))                                                         \
    F(int, bind_parameter_index, (duck_statement, uint64_t *, const char *))                       \
    F(int, bind_value, (duck_statement, uint64_t, duck_value))                                     \
    F(duck_value, create_bool, (bool))                                                             \
    F(duck_value, create_int64, (int64_t))                                                         \
    F(duck_value, create_uint64, (uint64_t))                                                       \
    F(duck_value, create_double, (double))                                                         \
    F(duck_value, create_varchar_length, (const char *, uint64_t))                                 \
    F(duck_value, create_timestamp_s, (int64_t))                                                   \
    F(duck_value, create_timestamp_ms, (int64_t))                                                  \
    F(duck_value, create_timestamp, (int64_t))                                                     \
    F(duck_value, create_timestamp_ns, (int64_t))                                                  \
    F(duck_value, create_interval, (duck_interval))                                                \
    F(duck_value, create_null_value, (void))                                                       \
    F(void, destroy_value, (duck_value *))                                                         \
    F(int, pending_prepared_streaming, (duck_statement, duck_pending *))                           \
    F(int, pending_execute_task, (duck_pending))                                                   \
    F(bool, pending_execution_is_finished, (int))                                                  \
    F(const char *, pending_error, (duck_pending))                                                 \
    F(int, execute_pending, (duck_pending, duck_result *))                                         \
    F(void, destroy_pending, (duck_pending *))                                                     \
    F(duck_chunk, fetch_chunk, (duck_result))                                                      \
    F(void, destroy_data_chunk, (duck_chunk *))                                                    \
    F(uint64_t, data_chunk_get_size, (duck_chunk))                                                 \
    F(void, data_chunk_set_size, (duck_chunk, uint64_t))                                           \
    F(duck_vector, data_chunk_get_vector, (duck_chunk, uint64_t))                                  \
    F(void *, vector_get_data, (duck_vector))                                                      \
    F(uint64_t *, vector_get_validity, (duck_vector))                                              \
    F(void, vector_ensure_validity_writable, (duck_vector))                                        \
    F(void, vector_assign_string_element_len, (duck_vector, uint64_t, const char *, uint64_t))     \
    F(duck_type, create_logical_type, (int))                                                       \
    F(int, get_type_id, (duck_type))                                                               \
    F(void, destroy_logical_type, (duck_type *))                                                   \
    F(uint8_t, decimal_scale, (duck_type))                                                         \
    F(uint8_t, decimal_width, (duck_type))                                                         \
    F(int, decimal_internal_type, (duck_type))                                                     \
    F(int, enum_internal_type, (duck_type))                                                        \
    F(uint32_t, enum_dictionary_size, (duck_type))                                                 \
    F(char *, enum_dictionary_value, (duck_type, uint64_t))                                        \
    F(duck_function, create_table_function, (void))                                                \
    F(void, destroy_table_function, (duck_function *))                                             \
    F(void, table_function_set_name, (duck_function, const char *))                                \
    F(void, table_function_set_bind, (duck_function, duck_on_bind *))                              \
    F(void, table_function_set_init, (duck_function, duck_on_start *))                             \
    F(void, table_function_set_function, (duck_function, duck_on_call *))                          \
    F(int, register_table_function, (duck_connection, duck_function))                              \
    F(void, bind_add_result_column, (duck_bind, const char *, duck_type))                          \
    F(void, function_set_error, (duck_call, const char *))

typedef struct mb_duck_api {
#define DUCK_DECLARE(result, name, parameters) result(*name) parameters;
    DUCK_FUNCTIONS(DUCK_DECLARE)
#undef DUCK_DECLARE
} mb_duck_api;

// Opens the library: MOONBEAR_DUCKDB, or by the loader's path. MB_EIO where there is none, or one
// that is too old. It stays open. Not collective.
mb_status mb_duck_load(mb_context *cx, mb_duck_api *api) MB_MUST_CHECK;
