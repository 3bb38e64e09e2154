-- The tables of the memory as the plugin's activation creates them, for MySQL 8 and MariaDB 10.6 and newer.
-- {prefix} stands for the site's table prefix. One statement a table, one column or key a line.

CREATE TABLE IF NOT EXISTS `{prefix}homa_vault` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `user_id` bigint(20) DEFAULT NULL,
  `session_token` varchar(100) NOT NULL,
  `context_key` varchar(50) NOT NULL,
  `context_value` json DEFAULT NULL,
  `ai_insight` text DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (`id`),
  KEY `user_id` (`user_id`),
  KEY `session_token` (`session_token`),
  KEY `context_key` (`context_key`),
  KEY `updated_at` (`updated_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE IF NOT EXISTS `{prefix}homa_sessions` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `session_token` varchar(100) NOT NULL,
  `last_url` text DEFAULT NULL,
  `form_snapshot` json DEFAULT NULL,
  `chat_summary` text DEFAULT NULL,
  `updated_at` datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  `expires_at` datetime DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `session_token` (`session_token`),
  KEY `updated_at` (`updated_at`),
  KEY `expires_at` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE IF NOT EXISTS `{prefix}homa_user_interests` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `user_id_or_token` varchar(100) NOT NULL,
  `category_slug` varchar(50) NOT NULL,
  `interest_score` int(11) DEFAULT 0,
  `source_referral` varchar(50) DEFAULT 'organic',
  `last_interaction` timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (`id`),
  UNIQUE KEY `user_category` (`user_id_or_token`, `category_slug`),
  KEY `user_id_or_token` (`user_id_or_token`),
  KEY `category_slug` (`category_slug`),
  KEY `interest_score` (`interest_score`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE IF NOT EXISTS `{prefix}homaye_chat_memory` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `session_id` varchar(100) NOT NULL,
  `user_identifier` varchar(100) NOT NULL,
  `user_role` varchar(20) DEFAULT 'guest',
  `message_type` varchar(20) NOT NULL,
  `message_content` text NOT NULL,
  `ai_metadata` json DEFAULT NULL,
  `created_at` datetime DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (`id`),
  KEY `session_id` (`session_id`),
  KEY `user_identifier` (`user_identifier`),
  KEY `message_type` (`message_type`),
  KEY `created_at` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE IF NOT EXISTS `{prefix}homaye_persona_scores` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `user_identifier` varchar(255) NOT NULL,
  `persona_type` varchar(50) NOT NULL,
  `score` int(11) NOT NULL DEFAULT 0,
  `session_data` longtext DEFAULT NULL,
  `created_at` datetime DEFAULT CURRENT_TIMESTAMP,
  `updated_at` datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (`id`),
  KEY `user_identifier` (`user_identifier`),
  KEY `persona_type` (`persona_type`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- The product's own tables, which no PHP code knows. A visitor's first write of a field locks one of its rows, so that two
-- of them cannot both find no row and insert: the vault has no unique key that would stop the second.

CREATE TABLE IF NOT EXISTS `{prefix}homa_bridge_locks` (
  `id` int(11) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- A signed write leaves its nonce here, in its own transaction: sent twice, it is done once.

CREATE TABLE IF NOT EXISTS `{prefix}homa_bridge_receipts` (
  `nonce` char(32) CHARACTER SET ascii NOT NULL,
  `done_at` datetime NOT NULL,
  PRIMARY KEY (`nonce`),
  KEY `done_at` (`done_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- What was said in a visitor's conversations, as far as it was heard: one row for the chat memory, one for the field in
-- which the site's script keeps the chat. Everything in it can be made anew from those two.

CREATE TABLE IF NOT EXISTS `{prefix}homa_bridge_summaries` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `session_token` varchar(100) NOT NULL,
  `source` varchar(10) NOT NULL,
  `state` text NOT NULL,
  `summary` text NOT NULL,
  `heard` bigint(20) NOT NULL,
  `digest` char(32) NOT NULL,
  `oldest` datetime NOT NULL,
  `wording` text DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `conversation` (`session_token`, `source`),
  KEY `oldest` (`oldest`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- What the clean-ups have deleted, for whoever watches the service: each may run in another process.

CREATE TABLE IF NOT EXISTS `{prefix}homa_bridge_cleanups` (
  `layer` varchar(20) NOT NULL,
  `rows_last` bigint(20) NOT NULL,
  `rows_total` bigint(20) NOT NULL,
  `finished_at` bigint(20) NOT NULL,
  PRIMARY KEY (`layer`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
