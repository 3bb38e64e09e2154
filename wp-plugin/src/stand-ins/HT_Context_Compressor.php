<?php

declare( strict_types = 1 );

namespace HomayeTabesh;

use HomaBridge\Bridge;
use HomaBridge\Route;

/**
 * The compressor, as the site's PHP code calls it.
 */
class HT_Context_Compressor {
	private const COMPRESS = Route::SERVICE_PREFIX . '/context/compress';

	/**
	 * Turns a conversation into the few facts that matter; '' if the service is away.
	 *
	 * @param array<mixed> $messages each with role and content.
	 */
	public static function compress_messages( array $messages ): string {
		return (string) ( self::compressed( $messages )['compressed_summary'] ?? '' );
	}

	/**
	 * Puts a form into one text with the fields' Persian names; '' if the service is away.
	 *
	 * @param array<string, mixed> $form
	 */
	public static function compress_form_data( array $form ): string {
		return (string) ( Bridge::memory()->ask( '/internal/form-summary', array( 'form' => (object) $form ) )['text'] ?? '' );
	}

	/**
	 * Puts what is known before the visitor's message; the message alone if the service is away.
	 *
	 * @param array<string, mixed> $context session (the form's fields, or what get_session_snapshot or get_all returns), summary
	 *                                      and interests; what is absent comes from the memory.
	 */
	public static function enrich_prompt( string $message, array $context = array() ): string {
		$members = array( 'message' => $message, 'context' => (object) $context );
		return (string) ( Bridge::memory()->ask( '/internal/enrich', $members )['text'] ?? $message );
	}

	/**
	 * Counts what a conversation consists of.
	 *
	 * @param array<mixed> $messages each with role and content.
	 * @return array{total_messages: int, user_messages: int, ai_messages: int, avg_message_length: int, keywords_mentioned: list<string>}
	 */
	public static function extract_metrics( array $messages ): array {
		return self::compressed( $messages )['metrics'] ?? array(
			'total_messages'     => count( $messages ),
			'user_messages'      => 0,
			'ai_messages'        => 0,
			'avg_message_length' => 0,
			'keywords_mentioned' => array(),
		);
	}

	/**
	 * @param array<mixed> $messages
	 * @return array<string, mixed>
	 */
	private static function compressed( array $messages ): array {
		static $known = array();
		$messages     = array_values( array_filter( array_map( array( self::class, 'message' ), $messages ) ) );
		$key          = md5( serialize( $messages ) );
		return $known[ $key ] ??= Bridge::memory()->ask( self::COMPRESS, array( 'messages' => $messages ) );
	}

	/**
	 * Returns one message; null for what is none. Stored messages have type instead of role.
	 *
	 * @return ?array{role: string, content: string}
	 */
	private static function message( mixed $message ): ?array {
		$message = (array) $message;
		$role    = $message['role'] ?? $message['type'] ?? 'user';
		$content = $message['content'] ?? $message['message'] ?? null;
		return is_string( $content ) && is_string( $role ) ? array( 'role' => $role, 'content' => $content ) : null;
	}
}
