-- The same tables for the embedded SQLite database: same names, columns, order and keys. SQLite has no ON UPDATE and no
-- per-table index names, so every write gives its times and an index carries its table's name. Slugs compare without
-- regard to case, as MariaDB's collation does.
-- {prefix} stands for the table prefix.

CREATE TABLE IF NOT EXISTS "{prefix}homa_vault" (
  "id" integer PRIMARY KEY AUTOINCREMENT,
  "user_id" bigint DEFAULT NULL,
  "session_token" varchar(100) NOT NULL,
  "context_key" varchar(50) NOT NULL,
  "context_value" text DEFAULT NULL,
  "ai_insight" text DEFAULT NULL,
  "updated_at" datetime DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX IF NOT EXISTS "{prefix}homa_vault_user_id" ON "{prefix}homa_vault" ("user_id");
CREATE INDEX IF NOT EXISTS "{prefix}homa_vault_session_token" ON "{prefix}homa_vault" ("session_token");
CREATE INDEX IF NOT EXISTS "{prefix}homa_vault_context_key" ON "{prefix}homa_vault" ("context_key");
CREATE INDEX IF NOT EXISTS "{prefix}homa_vault_updated_at" ON "{prefix}homa_vault" ("updated_at");

CREATE TABLE IF NOT EXISTS "{prefix}homa_sessions" (
  "id" integer PRIMARY KEY AUTOINCREMENT,
  "session_token" varchar(100) NOT NULL,
  "last_url" text DEFAULT NULL,
  "form_snapshot" text DEFAULT NULL,
  "chat_summary" text DEFAULT NULL,
  "updated_at" datetime DEFAULT CURRENT_TIMESTAMP,
  "expires_at" datetime DEFAULT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS "{prefix}homa_sessions_session_token" ON "{prefix}homa_sessions" ("session_token");
CREATE INDEX IF NOT EXISTS "{prefix}homa_sessions_updated_at" ON "{prefix}homa_sessions" ("updated_at");
CREATE INDEX IF NOT EXISTS "{prefix}homa_sessions_expires_at" ON "{prefix}homa_sessions" ("expires_at");

CREATE TABLE IF NOT EXISTS "{prefix}homa_user_interests" (
  "id" integer PRIMARY KEY AUTOINCREMENT,
  "user_id_or_token" varchar(100) NOT NULL,
  "category_slug" varchar(50) NOT NULL COLLATE NOCASE,
  "interest_score" int DEFAULT 0,
  "source_referral" varchar(50) DEFAULT 'organic',
  "last_interaction" datetime DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX IF NOT EXISTS "{prefix}homa_user_interests_user_category" ON "{prefix}homa_user_interests" ("user_id_or_token", "category_slug");
CREATE INDEX IF NOT EXISTS "{prefix}homa_user_interests_user_id_or_token" ON "{prefix}homa_user_interests" ("user_id_or_token");
CREATE INDEX IF NOT EXISTS "{prefix}homa_user_interests_category_slug" ON "{prefix}homa_user_interests" ("category_slug");
CREATE INDEX IF NOT EXISTS "{prefix}homa_user_interests_interest_score" ON "{prefix}homa_user_interests" ("interest_score");

CREATE TABLE IF NOT EXISTS "{prefix}homaye_chat_memory" (
  "id" integer PRIMARY KEY AUTOINCREMENT,
  "session_id" varchar(100) NOT NULL,
  "user_identifier" varchar(100) NOT NULL,
  "user_role" varchar(20) DEFAULT 'guest',
  "message_type" varchar(20) NOT NULL,
  "message_content" text NOT NULL,
  "ai_metadata" text DEFAULT NULL,
  "created_at" datetime DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX IF NOT EXISTS "{prefix}homaye_chat_memory_session_id" ON "{prefix}homaye_chat_memory" ("session_id");
CREATE INDEX IF NOT EXISTS "{prefix}homaye_chat_memory_user_identifier" ON "{prefix}homaye_chat_memory" ("user_identifier");
CREATE INDEX IF NOT EXISTS "{prefix}homaye_chat_memory_message_type" ON "{prefix}homaye_chat_memory" ("message_type");
CREATE INDEX IF NOT EXISTS "{prefix}homaye_chat_memory_created_at" ON "{prefix}homaye_chat_memory" ("created_at");

CREATE TABLE IF NOT EXISTS "{prefix}homaye_persona_scores" (
  "id" integer PRIMARY KEY AUTOINCREMENT,
  "user_identifier" varchar(255) NOT NULL,
  "persona_type" varchar(50) NOT NULL,
  "score" int NOT NULL DEFAULT 0,
  "session_data" longtext DEFAULT NULL,
  "created_at" datetime DEFAULT CURRENT_TIMESTAMP,
  "updated_at" datetime DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX IF NOT EXISTS "{prefix}homaye_persona_scores_user_identifier" ON "{prefix}homaye_persona_scores" ("user_identifier");
CREATE INDEX IF NOT EXISTS "{prefix}homaye_persona_scores_persona_type" ON "{prefix}homaye_persona_scores" ("persona_type");

CREATE TABLE IF NOT EXISTS "{prefix}homa_bridge_locks" (
  "id" int NOT NULL PRIMARY KEY
);

CREATE TABLE IF NOT EXISTS "{prefix}homa_bridge_receipts" (
  "nonce" char(32) NOT NULL PRIMARY KEY,
  "done_at" datetime NOT NULL
);
CREATE INDEX IF NOT EXISTS "{prefix}homa_bridge_receipts_done_at" ON "{prefix}homa_bridge_receipts" ("done_at");

CREATE TABLE IF NOT EXISTS "{prefix}homa_bridge_summaries" (
  "id" integer PRIMARY KEY AUTOINCREMENT,
  "session_token" varchar(100) NOT NULL,
  "source" varchar(10) NOT NULL,
  "state" text NOT NULL,
  "summary" text NOT NULL,
  "heard" bigint NOT NULL,
  "digest" char(32) NOT NULL,
  "oldest" datetime NOT NULL,
  "wording" text DEFAULT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS "{prefix}homa_bridge_summaries_conversation" ON "{prefix}homa_bridge_summaries" ("session_token", "source");
CREATE INDEX IF NOT EXISTS "{prefix}homa_bridge_summaries_oldest" ON "{prefix}homa_bridge_summaries" ("oldest");

CREATE TABLE IF NOT EXISTS "{prefix}homa_bridge_cleanups" (
  "layer" varchar(20) NOT NULL PRIMARY KEY,
  "rows_last" bigint NOT NULL,
  "rows_total" bigint NOT NULL,
  "finished_at" bigint NOT NULL
);
