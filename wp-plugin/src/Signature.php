<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Signs requests, so that the service can tell what this plugin says from what anybody says.
 *
 * What is signed, and in which form, is told in homa_bridge/identity/signing.py; both sides' tests read the same examples.
 */
final class Signature {
	private const SIGNED = array( 'X-Homa-Site', 'X-Homa-User', 'X-Homa-Guest', 'X-Homa-Address', 'X-Homa-Scheme', 'Referer' );

	/**
	 * Returns the headers of a signed request.
	 *
	 * @param string $nonce 32 hexadecimal digits; the service does a write once for each.
	 * @param int    $now   Unix time in seconds.
	 * @param string $site  the site's address.
	 * @return array<string, string>
	 */
	public static function headers( string $secret, Call $call, Caller $caller, string $nonce, int $now, string $site ): array {
		$headers = array(
			'X-Homa-Timestamp' => (string) $now,
			'X-Homa-Nonce'     => $nonce,
			'X-Homa-Site'      => $site,
			'X-Homa-User'      => (string) $caller->user,
			'X-Homa-Guest'     => $caller->guest,
			'X-Homa-Address'   => $caller->address,
			'X-Homa-Scheme'    => $caller->scheme,
			'Referer'          => $call->referer,
		);
		$mac     = hash_hmac( 'sha256', self::text( $call->method, $call->path, $call->query, $call->body, $headers ), $secret );
		return array_filter( $headers, static fn( string $value ): bool => '' !== $value ) + array( 'X-Homa-Signature' => "v1=$mac" );
	}

	/**
	 * Returns the text that is signed.
	 *
	 * @param string                $path    in lower case, without query.
	 * @param string                $query   as it is sent.
	 * @param array<string, string> $headers
	 */
	public static function text( string $method, string $path, string $query, string $body, array $headers ): string {
		$query = array_filter( explode( '&', $query ), static fn( string $part ): bool => '' !== $part );
		sort( $query, SORT_STRING );
		$lines = array(
			'homa-bridge-v1',
			$headers['X-Homa-Timestamp'],
			$headers['X-Homa-Nonce'],
			$method,
			$path,
			implode( '&', $query ),
			hash( 'sha256', $body ),
		);
		foreach ( self::SIGNED as $name ) {
			$lines[] = strtolower( $name ) . ':' . self::header_value( $headers[ $name ] ?? '' );
		}
		return implode( "\n", $lines );
	}

	/**
	 * Returns a value in the form in which it travels in a header: on one line, without blanks around it.
	 */
	public static function header_value( string $value ): string {
		return trim( str_replace( array( "\r", "\n", "\0" ), ' ', $value ), " \t" );
	}

	/**
	 * Returns a new nonce.
	 */
	public static function nonce(): string {
		return bin2hex( random_bytes( 16 ) );
	}
}
