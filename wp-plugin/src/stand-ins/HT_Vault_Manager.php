<?php

declare( strict_types = 1 );

namespace HomayeTabesh;

use HomaBridge\Bridge;
use HomaBridge\Route;

/**
 * The memory, as the site's PHP code calls it.
 */
class HT_Vault_Manager {
	/**
	 * Returns the token that the visitor's memory is stored under; a new guest gets one.
	 */
	public static function get_session_token(): string {
		return Bridge::visitor()->token();
	}

	/**
	 * Sees that the visitor has a token, and a guest the cookie.
	 */
	public static function ensure_session_token(): string {
		return Bridge::visitor()->token();
	}

	/**
	 * Stores a field.
	 *
	 * @param mixed $value whatever JSON can hold.
	 */
	public static function store( string $key, $value, ?string $ai_insight = null ): bool {
		return Bridge::memory()->write( '/internal/vault', array( 'field' => $key, 'value' => $value, 'insight' => $ai_insight ) );
	}

	/**
	 * Returns a field's newest value; null if there is none.
	 *
	 * @return mixed
	 */
	public static function get( string $key, ?string $token = null ) {
		return self::get_all( $token )[ sanitize_text_field( $key ) ]['value'] ?? null;
	}

	/**
	 * Returns all fields.
	 *
	 * @return array<string, array{value: mixed, insight: ?string}>
	 */
	public static function get_all( ?string $token = null ): array {
		return Bridge::memory()->recall( $token )['vault_data'] ?? array();
	}

	/**
	 * Saves the whole form.
	 *
	 * @param string $url the page that it is on.
	 */
	public static function save_session_snapshot( string $url, array $form, ?string $summary = null ): bool {
		return Bridge::memory()->write(
			Route::SERVICE_PREFIX . '/session/snapshot',
			array( 'form_snapshot' => (object) $form, 'chat_summary' => $summary ),
			$url
		);
	}

	/**
	 * Returns the session as last seen; null if there is none, or it has expired.
	 *
	 * @return ?array{last_url: ?string, form_snapshot: array<string, mixed>, chat_summary: ?string, updated_at: ?string}
	 */
	public static function get_session_snapshot( ?string $token = null ): ?array {
		$session = Bridge::memory()->recall( $token )['session'] ?? null;
		return null === $session ? null : array( 'form_snapshot' => $session['form_snapshot'] ?? array() ) + $session;
	}

	/**
	 * Adds to the visitor's interest in a category.
	 */
	public static function track_interest( string $slug, int $score = 1, string $source = 'organic' ): bool {
		return Bridge::memory()->write(
			Route::SERVICE_PREFIX . '/interest/track',
			array( 'category' => $slug, 'score' => $score, 'source' => $source )
		);
	}

	/**
	 * Returns the visitor's strongest interests.
	 *
	 * @return list<array{category: string, score: int, source: ?string, last_interaction: ?string}>
	 */
	public static function get_user_interests( int $limit = 10 ): array {
		$limit = max( 0, $limit );
		return array_slice( Bridge::memory()->recall( null, $limit )['interests'] ?? array(), 0, $limit );
	}

	/**
	 * Deletes expired sessions, and the forms of guests who have left. Asked twice in a request, it works once.
	 *
	 * @return int how many sessions.
	 */
	public static function cleanup_expired_sessions(): int {
		return Bridge::memory()->clean_up();
	}

	/**
	 * Forgets the form and the session.
	 */
	public static function clear_session( ?string $token = null ): bool {
		return Bridge::memory()->change( '/internal/clear', array( 'what' => 'session', 'token' => $token ) );
	}

	/**
	 * Returns the memory in words for the assistant, marked as data; '' if there is none.
	 */
	public static function get_memory_summary(): string {
		return (string) ( Bridge::memory()->prompt()['memory_summary'] ?? '' );
	}

	/**
	 * Appends to the conversation.
	 *
	 * @param string $type user, assistant or system.
	 */
	public static function store_chat_message( string $type, string $content, array $metadata = array() ): bool {
		return Bridge::memory()->write(
			Route::SERVICE_PREFIX . '/chat/memory',
			array( 'message_type' => $type, 'message_content' => $content, 'ai_metadata' => (object) $metadata )
		);
	}

	/**
	 * Returns the newest messages of the conversation, the oldest of them first.
	 *
	 * @param int $limit how many; 0 for all.
	 * @return list<array{type: string, content: string, metadata: array<string, mixed>, timestamp: ?string}>
	 */
	public static function get_chat_messages( int $limit = 50, ?string $id = null ): array {
		$limit    = max( 0, $limit );
		$messages = Bridge::memory()->recall( $id, 10, $limit )['chat_messages'] ?? array();
		return array_map(
			static fn( array $message ): array => array( 'metadata' => $message['metadata'] ?? array() ) + $message,
			0 === $limit ? $messages : array_slice( $messages, -$limit )
		);
	}

	/**
	 * Says whether there is a conversation.
	 */
	public static function has_chat_history( ?string $id = null ): bool {
		return (bool) ( Bridge::memory()->recall( $id )['has_chat_history'] ?? false );
	}

	/**
	 * Forgets the conversation.
	 */
	public static function clear_chat_history( ?string $id = null ): bool {
		return Bridge::memory()->change( '/internal/clear', array( 'what' => 'chat', 'token' => $id ) );
	}
}
