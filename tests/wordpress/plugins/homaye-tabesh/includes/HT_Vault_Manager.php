<?php
/**
 * The memory's store.
 *
 * @package HomayeTabesh
 */

declare( strict_types=1 );

namespace HomayeTabesh;

/**
 * Keeps what a visitor typed, saw and asked.
 */
final class HT_Vault_Manager {

	private static string $guest = '';

	public static function get_session_token(): string {
		served( __METHOD__ );
		if ( is_user_logged_in() ) {
			return 'user_' . get_current_user_id();
		}
		$token = self::$guest ?: (string) ( $_COOKIE['homa_session_token'] ?? '' );
		if ( ! preg_match( '/^guest_[0-9a-f]{32}$/D', $token ) ) {
			$token = 'guest_' . bin2hex( random_bytes( 16 ) );
			if ( ! headers_sent() ) {
				setcookie( 'homa_session_token', $token, array( 'expires' => time() + 2 * DAY_IN_SECONDS, 'path' => '/', 'httponly' => true ) );
			}
		}
		self::$guest = $token;
		return $token;
	}

	public static function ensure_session_token(): string {
		served( __METHOD__ );
		return self::get_session_token();
	}

	public static function store( string $key, $value, ?string $ai_insight = null ): bool {
		served( __METHOD__ );
		global $wpdb;
		$table = $wpdb->prefix . 'homa_vault';
		$token = self::get_session_token();
		$wpdb->delete( $table, array( 'session_token' => $token, 'context_key' => $key ) );
		return (bool) $wpdb->insert(
			$table,
			array(
				'user_id'       => get_current_user_id() ?: null,
				'session_token' => $token,
				'context_key'   => $key,
				'context_value' => wp_json_encode( $value ),
				'ai_insight'    => $ai_insight,
				'updated_at'    => current_time( 'mysql' ),
			)
		);
	}

	public static function get( string $key, ?string $token = null ) {
		served( __METHOD__ );
		return self::get_all( $token )[ $key ]['value'] ?? null;
	}

	public static function get_all( ?string $token = null ): array {
		served( __METHOD__ );
		global $wpdb;
		$all  = array();
		$rows = $wpdb->get_results(
			$wpdb->prepare(
				"SELECT context_key, context_value, ai_insight FROM {$wpdb->prefix}homa_vault WHERE session_token = %s ORDER BY id",
				$token ?? self::get_session_token()
			)
		);
		foreach ( $rows as $row ) {
			$all[ $row->context_key ] = array( 'value' => json_decode( $row->context_value, true ), 'insight' => $row->ai_insight );
		}
		return $all;
	}

	public static function save_session_snapshot( string $url, array $form, ?string $summary = null ): bool {
		served( __METHOD__ );
		global $wpdb;
		return false !== $wpdb->replace(
			$wpdb->prefix . 'homa_sessions',
			array(
				'session_token' => self::get_session_token(),
				'last_url'      => $url,
				'form_snapshot' => wp_json_encode( $form ),
				'chat_summary'  => $summary,
				'updated_at'    => current_time( 'mysql' ),
				'expires_at'    => gmdate( 'Y-m-d H:i:s', time() + 2 * DAY_IN_SECONDS ),
			)
		);
	}

	public static function get_session_snapshot( ?string $token = null ): ?array {
		served( __METHOD__ );
		global $wpdb;
		$row = $wpdb->get_row(
			$wpdb->prepare(
				"SELECT last_url, form_snapshot, chat_summary, updated_at FROM {$wpdb->prefix}homa_sessions WHERE session_token = %s AND expires_at > NOW()",
				$token ?? self::get_session_token()
			),
			ARRAY_A
		);
		if ( $row ) {
			$row['form_snapshot'] = json_decode( (string) $row['form_snapshot'], true );
		}
		return $row;
	}

	public static function track_interest( string $slug, int $score = 1, string $source = 'organic' ): bool {
		served( __METHOD__ );
		global $wpdb;
		return false !== $wpdb->query(
			$wpdb->prepare(
				"INSERT INTO {$wpdb->prefix}homa_user_interests (user_id_or_token, category_slug, interest_score, source_referral, last_interaction)
				VALUES (%s, %s, %d, %s, %s)
				ON DUPLICATE KEY UPDATE interest_score = interest_score + VALUES(interest_score), last_interaction = VALUES(last_interaction)",
				self::get_session_token(),
				$slug,
				$score,
				$source,
				current_time( 'mysql' )
			)
		);
	}

	public static function get_user_interests( int $limit = 10 ): array {
		served( __METHOD__ );
		global $wpdb;
		return $wpdb->get_results(
			$wpdb->prepare(
				"SELECT category_slug AS category, interest_score AS score, source_referral AS source, last_interaction
				FROM {$wpdb->prefix}homa_user_interests WHERE user_id_or_token = %s ORDER BY interest_score DESC LIMIT %d",
				self::get_session_token(),
				$limit
			),
			ARRAY_A
		);
	}

	public static function cleanup_expired_sessions(): int {
		served( __METHOD__ );
		global $wpdb;
		return (int) $wpdb->query( "DELETE FROM {$wpdb->prefix}homa_sessions WHERE expires_at < NOW()" );
	}

	public static function clear_session( ?string $token = null ): bool {
		served( __METHOD__ );
		global $wpdb;
		$where = array( 'session_token' => $token ?? self::get_session_token() );
		$wpdb->delete( $wpdb->prefix . 'homa_vault', $where );
		$wpdb->delete( $wpdb->prefix . 'homa_sessions', $where );
		return true;
	}

	public static function get_memory_summary(): string {
		served( __METHOD__ );
		$lines = array();
		foreach ( self::get_all() as $key => $field ) {
			$lines[] = "- $key: " . wp_json_encode( $field['value'], JSON_UNESCAPED_UNICODE );
		}
		return $lines ? "Context from current session:\n" . implode( "\n", $lines ) : '';
	}

	public static function store_chat_message( string $type, string $content, array $metadata = array() ): bool {
		served( __METHOD__ );
		global $wpdb;
		$token = self::get_session_token();
		return (bool) $wpdb->insert(
			$wpdb->prefix . 'homaye_chat_memory',
			array(
				'session_id'      => $token,
				'user_identifier' => $token,
				'user_role'       => is_user_logged_in() ? wp_get_current_user()->roles[0] : 'guest',
				'message_type'    => $type,
				'message_content' => $content,
				'ai_metadata'     => wp_json_encode( (object) $metadata ),
				'created_at'      => current_time( 'mysql' ),
			)
		);
	}

	public static function get_chat_messages( int $limit = 50, ?string $id = null ): array {
		served( __METHOD__ );
		global $wpdb;
		$rows = $wpdb->get_results(
			$wpdb->prepare(
				"SELECT message_type AS type, message_content AS content, ai_metadata AS metadata, created_at AS timestamp
				FROM {$wpdb->prefix}homaye_chat_memory WHERE session_id = %s ORDER BY id DESC LIMIT %d",
				$id ?? self::get_session_token(),
				$limit
			),
			ARRAY_A
		);
		foreach ( $rows as &$row ) {
			$row['metadata'] = json_decode( (string) $row['metadata'], true );
		}
		return array_reverse( $rows );
	}

	public static function has_chat_history( ?string $id = null ): bool {
		served( __METHOD__ );
		return array() !== self::get_chat_messages( 1, $id );
	}

	public static function clear_chat_history( ?string $id = null ): bool {
		served( __METHOD__ );
		global $wpdb;
		return false !== $wpdb->delete( $wpdb->prefix . 'homaye_chat_memory', array( 'session_id' => $id ?? self::get_session_token() ) );
	}
}
