<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * What the service takes of a write, for the time that it is away: whoever is told of success must not be refused later.
 *
 * The rules are those of homa_bridge/omnistore/schema.py; a test holds both to the same requests.
 */
final class WriteRules {
	private const LARGEST_BODY = 262_144; // bytes.
	private const LARGEST_TEXT = 65_535;  // bytes, of a TEXT column.
	private const LONGEST_NAME = 50;      // characters.
	private const LONGEST_TYPED = 4_096;  // characters of a name before it is cleaned.
	private const DEEPEST_BODY = 64;      // levels.
	private const DEEPEST      = array(   // levels that every database takes: MariaDB's JSON ends at 31, and a field is also a snapshot's.
		'value'         => 30,
		'form_snapshot' => 31,
		'ai_metadata'   => 31,
	);

	private const REQUIRED = array(
		'/vault/sync'       => array( 'field', 'value' ),
		'/session/snapshot' => array( 'form_snapshot' ),
		'/interest/track'   => array( 'category' ),
		'/chat/memory'      => array( 'message_type', 'message_content' ),
		'/internal/vault'   => array( 'field' ),
	);

	private const RULES = array(
		'field'           => 'name',
		'category'        => 'name',
		'source'          => 'optional_name',
		'page_url'        => 'text',
		'chat_summary'    => 'text',
		'insight'         => 'text',
		'message_content' => 'text',
		'message_type'    => 'message_type',
		'form_snapshot'   => 'object',
		'ai_metadata'     => 'object',
		'score'           => 'integer',
	);

	private const KNOWN = array(
		'/vault/sync'       => array( 'field', 'page_url' ),
		'/session/snapshot' => array( 'form_snapshot', 'chat_summary' ),
		'/interest/track'   => array( 'category', 'score', 'source' ),
		'/chat/memory'      => array( 'message_type', 'message_content', 'ai_metadata' ),
		'/internal/vault'   => array( 'field', 'insight' ),
	);

	/**
	 * Checks a write.
	 *
	 * @throws InvalidWrite if the service would refuse it.
	 */
	public static function check( Call $call ): void {
		$path = str_starts_with( $call->path, Route::SERVICE_PREFIX ) ? substr( $call->path, strlen( Route::SERVICE_PREFIX ) ) : $call->path;
		$body = self::members( $call );
		self::check_required( self::REQUIRED[ $path ] ?? array(), $body );
		$wrong = array();
		foreach ( self::KNOWN[ $path ] ?? array() as $name ) {
			if ( isset( $body->$name ) ) {
				$wrong[ $name ] = self::{ self::RULES[ $name ] }( $body->$name );
			}
		}
		foreach ( self::DEEPEST as $name => $levels ) {
			if ( isset( $body->$name ) && false === json_encode( $body->$name, 0, $levels ) ) {
				$wrong[ $name ] = "Nested deeper than $levels levels.";
			}
		}
		if ( array_filter( $wrong ) ) {
			throw new InvalidWrite( 'rest_invalid_param', 'Invalid parameter(s): ' . implode( ', ', array_keys( array_filter( $wrong ) ) ), array( 'params' => array_filter( $wrong ) ) );
		}
	}

	private static function members( Call $call ): object {
		if ( strlen( $call->body ) > self::LARGEST_BODY ) {
			throw new InvalidWrite( 'homa_body_too_large', 'The body is larger than ' . number_format( self::LARGEST_BODY ) . ' bytes.', array(), 413 );
		}
		if ( '' !== $call->body && ! wp_is_json_media_type( $call->type ) ) {
			throw new InvalidWrite( 'rest_unsupported_media_type', 'Send the parameters as a JSON body, Content-Type: application/json.', array(), 415 );
		}
		if ( '' === $call->body ) {
			return (object) array();
		}
		$body = json_decode( $call->body, false, self::DEEPEST_BODY + 1 );
		if ( JSON_ERROR_NONE !== json_last_error() ) {
			throw new InvalidWrite( 'rest_invalid_json', 'Invalid JSON body passed.', array() );
		}
		return is_object( $body ) ? $body : (object) array();
	}

	/** @param list<string> $names */
	private static function check_required( array $names, object $body ): void {
		$missing = array_values( array_filter( $names, static fn( string $name ): bool => ! isset( $body->$name ) ) );
		if ( $missing ) {
			throw new InvalidWrite( 'rest_missing_callback_param', 'Missing parameter(s): ' . implode( ', ', $missing ), array( 'params' => $missing ) );
		}
	}

	private static function name( mixed $value ): ?string {
		return '' === trim( is_string( $value ) ? sanitize_text_field( $value ) : '-' ) ? 'Must not be empty.' : self::optional_name( $value );
	}

	private static function optional_name( mixed $value ): ?string {
		if ( ! is_string( $value ) ) {
			return 'Not of type string.';
		}
		$is_long = mb_strlen( $value ) > self::LONGEST_TYPED || mb_strlen( html_entity_decode( sanitize_text_field( $value ) ) ) > self::LONGEST_NAME;
		return $is_long ? 'Must not be longer than ' . self::LONGEST_NAME . ' characters.' : null;
	}

	private static function text( mixed $value ): ?string {
		if ( ! is_string( $value ) ) {
			return 'Not of type string.';
		}
		return strlen( $value ) > self::LARGEST_TEXT ? 'Must not be longer than ' . number_format( self::LARGEST_TEXT ) . ' bytes.' : null;
	}

	private static function message_type( mixed $value ): ?string {
		return in_array( $value, array( 'user', 'assistant', 'system' ), true ) ? null : 'Must be one of: user, assistant, system.';
	}

	private static function object( mixed $value ): ?string {
		return is_object( $value ) || array() === $value ? null : 'Not of type object.';
	}

	private static function integer( mixed $value ): ?string {
		$is_digits = is_string( $value ) && preg_match( '/\A[+-]?[0-9]{1,20}\z/', $value );
		$is_whole  = is_int( $value ) || ( is_float( $value ) && floor( $value ) === $value );
		if ( ! $is_digits && ! $is_whole ) {
			return 'Not of type integer.';
		}
		return abs( (float) $value ) > 2_147_483_647 && -2_147_483_648.0 !== (float) $value ? 'Must be between -2147483648 and 2147483647.' : null;
	}
}
