<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * JSON as the service writes it: text as it is, 1.0 stays 1.0.
 */
final class Json {
	private const FLAGS = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR;

	/** @throws \JsonException if the value holds what JSON cannot. */
	public static function encode( mixed $value ): string {
		return json_encode( $value, self::FLAGS ); // phpcs:ignore WordPress.WP.AlternativeFunctions.json_encode_json_encode -- wp_json_encode() would alter what is no UTF-8; here it is an error.
	}

	/**
	 * Returns the members of an object as arrays; an empty array for everything else.
	 *
	 * @return array<string, mixed>
	 */
	public static function members( string $text ): array {
		$found = json_decode( $text, true );
		return is_array( $found ) ? $found : array();
	}
}
