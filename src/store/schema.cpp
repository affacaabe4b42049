#include "store/schema.h"

namespace weir::store {
namespace {

constexpr schema_step steps[] = {
    {R"(CREATE TABLE weir_records (
  segment TEXT NOT NULL,
  frame_offset INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  upstream_request_id TEXT NOT NULL,
  time INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  tags TEXT,
  dialect TEXT NOT NULL,
  requested_model TEXT NOT NULL,
  served_model TEXT NOT NULL,
  upstream TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  hedged INTEGER NOT NULL,
  status INTEGER NOT NULL,
  stream INTEGER NOT NULL,
  error_class TEXT NOT NULL,
  finish_reason TEXT NOT NULL,
  native_finish TEXT NOT NULL,
  input_tokens INTEGER,
  cache_read_tokens INTEGER,
  cache_write_5m_tokens INTEGER,
  cache_write_1h_tokens INTEGER,
  audio_in_tokens INTEGER,
  output_tokens INTEGER,
  reasoning_tokens INTEGER,
  audio_out_tokens INTEGER,
  estimated INTEGER NOT NULL,
  cost_nano_usd INTEGER,
  price_version TEXT NOT NULL,
  first_token INTEGER,
  duration INTEGER NOT NULL,
  bytes_in INTEGER NOT NULL,
  bytes_out INTEGER NOT NULL,
  repairs TEXT NOT NULL,
  UNIQUE (segment, frame_offset)
) STRICT)",
     R"(CREATE TABLE weir_records (
  segment text NOT NULL,
  frame_offset bigint NOT NULL,
  request_id text NOT NULL,
  upstream_request_id text NOT NULL,
  time bigint NOT NULL,
  key_id text NOT NULL,
  tags jsonb,
  dialect text NOT NULL,
  requested_model text NOT NULL,
  served_model text NOT NULL,
  upstream text NOT NULL,
  attempts bigint NOT NULL,
  hedged boolean NOT NULL,
  status bigint NOT NULL,
  stream boolean NOT NULL,
  error_class text NOT NULL,
  finish_reason text NOT NULL,
  native_finish text NOT NULL,
  input_tokens bigint,
  cache_read_tokens bigint,
  cache_write_5m_tokens bigint,
  cache_write_1h_tokens bigint,
  audio_in_tokens bigint,
  output_tokens bigint,
  reasoning_tokens bigint,
  audio_out_tokens bigint,
  estimated boolean NOT NULL,
  cost_nano_usd bigint,
  price_version text NOT NULL,
  first_token bigint,
  duration bigint NOT NULL,
  bytes_in bigint NOT NULL,
  bytes_out bigint NOT NULL,
  repairs text NOT NULL,
  PRIMARY KEY (segment, frame_offset)
))"},
    // Retention and every question about a span of time go by it.
    {"CREATE INDEX weir_records_time ON weir_records (time)",
     "CREATE INDEX weir_records_time ON weir_records (time)"},
    // Keys of clients and their groups; 0 stands for no time. Each change counts up the version.
    {R"(CREATE TABLE weir_keys (
  name TEXT NOT NULL PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  hint TEXT NOT NULL,
  settings TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  revoked INTEGER NOT NULL
) STRICT;
CREATE TABLE weir_groups (name TEXT NOT NULL PRIMARY KEY, settings TEXT NOT NULL) STRICT;
CREATE TABLE weir_keys_version (version INTEGER NOT NULL) STRICT;
INSERT INTO weir_keys_version VALUES (0))",
     R"(CREATE TABLE weir_keys (
  name text PRIMARY KEY,
  hash text NOT NULL UNIQUE,
  hint text NOT NULL,
  settings text NOT NULL,
  created bigint NOT NULL,
  expires bigint NOT NULL,
  revoked bigint NOT NULL
);
CREATE TABLE weir_groups (name text PRIMARY KEY, settings text NOT NULL);
CREATE TABLE weir_keys_version (version bigint NOT NULL);
INSERT INTO weir_keys_version VALUES (0))"},
    // Content goes with its record, whoever removes that.
    {R"(CREATE TABLE weir_contents (
  segment TEXT NOT NULL,
  frame_offset INTEGER NOT NULL,
  request TEXT NOT NULL,
  request_cut INTEGER NOT NULL,
  answer TEXT NOT NULL,
  answer_cut INTEGER NOT NULL,
  UNIQUE (segment, frame_offset)
) STRICT;
CREATE TRIGGER weir_contents_gone AFTER DELETE ON weir_records BEGIN
  DELETE FROM weir_contents WHERE segment = OLD.segment AND frame_offset = OLD.frame_offset;
END)",
     R"(CREATE TABLE weir_contents (
  segment text NOT NULL,
  frame_offset bigint NOT NULL,
  request text NOT NULL,
  request_cut boolean NOT NULL,
  answer text NOT NULL,
  answer_cut boolean NOT NULL,
  PRIMARY KEY (segment, frame_offset),
  FOREIGN KEY (segment, frame_offset) REFERENCES weir_records ON DELETE CASCADE
))"},
};

}  // namespace

std::span<const schema_step> schema_steps() { return steps; }
int newest_schema() { return static_cast<int>(std::size(steps)); }

std::string too_new(int version) {
  return "its schema has version " + std::to_string(version) + ", and this weir knows none above " +
         std::to_string(newest_schema()) + ": it belongs to a newer weir";
}

}  // namespace weir::store
