<?php
/**
 * The memory's statements.
 *
 * @package PhpMemory
 */

declare( strict_types=1 );

namespace PhpMemory;

use wpdb;

/**
 * Reads and writes the site's tables. Its values are JSON decoded to objects, so that {} and [] stay apart.
 */
final class Store {

	private const JSON  = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION;
	private const TRIES = 3;

	private wpdb $db;

	/** Takes the site's connection. */
	public function __construct() {
		global $wpdb;
		$this->db = $wpdb;
	}

	/**
	 * Stores a field, and in the session's snapshot if the page is known: both or neither.
	 *
	 * @param Visitor $visitor Whose it is.
	 * @param string  $field   Its name.
	 * @param mixed   $value   Its value.
	 * @param ?string $url     The page on which it is.
	 */
	public function sync( Visitor $visitor, string $field, mixed $value, ?string $url ): bool {
		$json = wp_json_encode( $value, self::JSON );
		$now  = current_time( 'mysql' );
		// Two tabs may hold each other up, and the database then lets one of them try again.
		$complained = $this->db->suppress_errors();
		$stored     = false;
		for ( $try = 0; ! $stored && $try < self::TRIES; $try++ ) {
			$stored = null === $url
				? $this->put( $visitor, $field, $json, $now )
				: $this->merge_and_put( $visitor, $field, $json, $url, $now );
		}
		$this->db->suppress_errors( $complained );
		return $stored;
	}

	/** Returns the newest value of every field, in the order in which they were first stored. */
	public function fields( string $token ): array {
		$rows   = $this->db->get_results(
			$this->db->prepare(
				"SELECT context_key, context_value, ai_insight FROM {$this->db->prefix}homa_vault WHERE session_token = %s ORDER BY id",
				$token
			)
		);
		$fields = array();
		foreach ( $rows as $row ) {
			$fields[ $row->context_key ] = array(
				'value'   => json_decode( (string) $row->context_value ),
				'insight' => $row->ai_insight,
			);
		}
		return $fields;
	}

	/** Returns the session, unless it has expired. */
	public function session( string $token ): ?object {
		$session = $this->db->get_row(
			$this->db->prepare(
				"SELECT last_url, form_snapshot, chat_summary, updated_at FROM {$this->db->prefix}homa_sessions
				WHERE session_token = %s AND expires_at > NOW()",
				$token
			)
		);
		if ( $session ) {
			$session->form_snapshot = json_decode( (string) $session->form_snapshot );
		}
		return $session;
	}

	/** Returns the strongest interests. */
	public function interests( string $token, int $limit ): array {
		$interests = $this->db->get_results(
			$this->db->prepare(
				"SELECT category_slug AS category, interest_score AS score, source_referral AS source, last_interaction
				FROM {$this->db->prefix}homa_user_interests WHERE user_id_or_token = %s ORDER BY interest_score DESC, id LIMIT %d",
				$token,
				$limit
			)
		);
		foreach ( $interests as $interest ) {
			$interest->score = (int) $interest->score;
		}
		return $interests;
	}

	/** Returns the newest messages, the oldest of them first. */
	public function messages( string $token, int $limit ): array {
		$messages = $this->db->get_results(
			$this->db->prepare(
				"SELECT message_type AS type, message_content AS content, ai_metadata AS metadata, created_at AS timestamp
				FROM {$this->db->prefix}homaye_chat_memory WHERE session_id = %s ORDER BY created_at DESC, id DESC LIMIT %d",
				$token,
				$limit
			)
		);
		foreach ( $messages as $message ) {
			$message->metadata = json_decode( (string) $message->metadata );
		}
		return array_reverse( $messages );
	}

	/** Merges into the snapshot, the lock on whose row makes a visitor's tabs queue, and stores the field. */
	private function merge_and_put( Visitor $visitor, string $field, string $json, string $url, string $now ): bool {
		$this->db->query( 'START TRANSACTION' );
		if ( $this->merge( $visitor, $field, $json, $url, $now ) && $this->put( $visitor, $field, $json, $now ) ) {
			return false !== $this->db->query( 'COMMIT' );
		}
		$this->db->query( 'ROLLBACK' );
		return false;
	}

	/** Sets one member of the snapshot; what has expired counts as gone. */
	private function merge( Visitor $visitor, string $field, string $json, string $url, string $now ): bool {
		$name = wp_json_encode( $field, self::JSON );
		return false !== $this->db->query(
			$this->db->prepare(
				"INSERT INTO {$this->db->prefix}homa_sessions (session_token, last_url, form_snapshot, updated_at, expires_at)
				VALUES (%s, %s, %s, %s, NOW() + INTERVAL 48 HOUR)
				ON DUPLICATE KEY UPDATE
					chat_summary = IF(expires_at > NOW(), chat_summary, NULL),
					form_snapshot = IF(expires_at > NOW() AND form_snapshot IS NOT NULL,
						JSON_SET(form_snapshot, %s, JSON_EXTRACT(%s, '$')), VALUES(form_snapshot)),
					last_url = VALUES(last_url),
					updated_at = VALUES(updated_at),
					expires_at = VALUES(expires_at)",
				$visitor->token,
				$url,
				'{' . $name . ':' . $json . '}',
				$now,
				'$.' . $name,
				$json
			)
		);
	}

	/** Writes the field's row, and leaves one where there are several. */
	private function put( Visitor $visitor, string $field, string $json, string $now ): bool {
		$table = $this->db->prefix . 'homa_vault';
		// The index of the names is the worse one, and together with the tokens' it locks rows of other visitors.
		$updated = $this->db->query(
			$this->db->prepare(
				"UPDATE $table IGNORE INDEX (context_key) SET context_value = %s, ai_insight = NULL, updated_at = %s
				WHERE session_token = %s AND context_key = %s",
				$json,
				$now,
				$visitor->token,
				$field
			)
		);
		if ( $updated > 1 ) {
			$this->db->query(
				$this->db->prepare(
					"DELETE newer FROM $table newer JOIN $table older USING (session_token, context_key)
					WHERE session_token = %s AND context_key = %s AND newer.id > older.id",
					$visitor->token,
					$field
				)
			);
		}
		// None is updated, too, where the same is written again within a second.
		return $updated || ( 0 === $updated && $this->add( $visitor, $field, $json, $now ) );
	}

	/** Adds the field's row, unless it is there; of two that add it at once the database lets one try again. */
	private function add( Visitor $visitor, string $field, string $json, string $now ): bool {
		$table = $this->db->prefix . 'homa_vault';
		return false !== $this->db->query(
			$this->db->prepare(
				"INSERT INTO $table (user_id, session_token, context_key, context_value, updated_at)
				SELECT NULLIF(%d, 0), %s, %s, %s, %s FROM DUAL
				WHERE NOT EXISTS (SELECT 1 FROM $table IGNORE INDEX (context_key) WHERE session_token = %s AND context_key = %s)",
				(int) $visitor->user_id,
				$visitor->token,
				$field,
				$json,
				$now,
				$visitor->token,
				$field
			)
		);
	}
}
