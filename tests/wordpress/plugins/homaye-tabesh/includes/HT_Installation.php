<?php
/**
 * What activation and deactivation do.
 *
 * @package HomayeTabesh
 */

declare( strict_types=1 );

namespace HomayeTabesh;

/**
 * Creates the memory's tables and plans the daily cleaning.
 */
final class HT_Installation {

	private const TABLES = array(
		'homa_vault'            => 'id bigint(20) NOT NULL AUTO_INCREMENT,
			user_id bigint(20) DEFAULT NULL,
			session_token varchar(100) NOT NULL,
			context_key varchar(50) NOT NULL,
			context_value json DEFAULT NULL,
			ai_insight text DEFAULT NULL,
			updated_at timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
			PRIMARY KEY (id), KEY user_id (user_id), KEY session_token (session_token), KEY context_key (context_key),
			KEY updated_at (updated_at)',
		'homa_sessions'         => 'id bigint(20) NOT NULL AUTO_INCREMENT,
			session_token varchar(100) NOT NULL,
			last_url text DEFAULT NULL,
			form_snapshot json DEFAULT NULL,
			chat_summary text DEFAULT NULL,
			updated_at datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
			expires_at datetime DEFAULT NULL,
			PRIMARY KEY (id), UNIQUE KEY session_token (session_token), KEY updated_at (updated_at),
			KEY expires_at (expires_at)',
		'homa_user_interests'   => "id bigint(20) NOT NULL AUTO_INCREMENT,
			user_id_or_token varchar(100) NOT NULL,
			category_slug varchar(50) NOT NULL,
			interest_score int(11) DEFAULT 0,
			source_referral varchar(50) DEFAULT 'organic',
			last_interaction timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
			PRIMARY KEY (id), UNIQUE KEY user_category (user_id_or_token, category_slug),
			KEY user_id_or_token (user_id_or_token), KEY category_slug (category_slug), KEY interest_score (interest_score)",
		'homaye_chat_memory'    => "id bigint(20) NOT NULL AUTO_INCREMENT,
			session_id varchar(100) NOT NULL,
			user_identifier varchar(100) NOT NULL,
			user_role varchar(20) DEFAULT 'guest',
			message_type varchar(20) NOT NULL,
			message_content text NOT NULL,
			ai_metadata json DEFAULT NULL,
			created_at datetime DEFAULT CURRENT_TIMESTAMP,
			PRIMARY KEY (id), KEY session_id (session_id), KEY user_identifier (user_identifier),
			KEY message_type (message_type), KEY created_at (created_at)",
		'homaye_persona_scores' => 'id bigint(20) NOT NULL AUTO_INCREMENT,
			user_identifier varchar(255) NOT NULL,
			persona_type varchar(50) NOT NULL,
			score int(11) NOT NULL DEFAULT 0,
			session_data longtext DEFAULT NULL,
			created_at datetime DEFAULT CURRENT_TIMESTAMP,
			updated_at datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
			PRIMARY KEY (id), KEY user_identifier (user_identifier), KEY persona_type (persona_type)',
	);

	/** Creates what is missing. */
	public static function activate(): void {
		global $wpdb;
		foreach ( self::TABLES as $name => $columns ) {
			$wpdb->query( "CREATE TABLE IF NOT EXISTS {$wpdb->prefix}$name ($columns) ENGINE=InnoDB {$wpdb->get_charset_collate()}" );
		}
		if ( ! wp_next_scheduled( 'homa_cleanup_expired_sessions' ) ) {
			wp_schedule_event( time(), 'daily', 'homa_cleanup_expired_sessions' );
		}
	}

	/** Ends the daily cleaning; the tables stay. */
	public static function deactivate(): void {
		wp_clear_scheduled_hook( 'homa_cleanup_expired_sessions' );
	}
}
