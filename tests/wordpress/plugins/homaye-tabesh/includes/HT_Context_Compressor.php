<?php
/**
 * Long talk made short.
 *
 * @package HomayeTabesh
 */

declare( strict_types=1 );

namespace HomayeTabesh;

/**
 * Compresses messages and forms.
 */
final class HT_Context_Compressor {

	public static function compress_messages( array $messages ): string {
		served( __METHOD__ );
		return implode( ' | ', array_column( $messages, 'content' ) );
	}

	public static function compress_form_data( array $form ): string {
		served( __METHOD__ );
		return implode( ', ', array_keys( $form ) );
	}

	public static function enrich_prompt( string $message, array $context = array() ): string {
		served( __METHOD__ );
		return trim( self::compress_form_data( $context ) . "\n" . $message );
	}

	public static function extract_metrics( array $messages ): array {
		served( __METHOD__ );
		$lengths = array_map( 'strlen', array_column( $messages, 'content' ) );
		$roles   = array_count_values( array_column( $messages, 'role' ) );
		return array(
			'total_messages'     => count( $messages ),
			'user_messages'      => $roles['user'] ?? 0,
			'ai_messages'        => $roles['assistant'] ?? 0,
			'avg_message_length' => $lengths ? array_sum( $lengths ) / count( $lengths ) : 0,
			'keywords_mentioned' => array(),
		);
	}
}
