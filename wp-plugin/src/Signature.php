<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Signs requests, so that the service can tell what this plugin says from what anybody says.
 *
 * What is signed, and in which form, is told in homa_bridge/identity/signing.py; both sides' tests read the same examples.
 */
final class Signature {
	private const HINT_LENGTH = 16; // hexadecimal digits.

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
		$value   = self::value( $secret, $call->method, $call->path, $call->query, $call->body, $headers );
		return array_filter( $headers, static fn( string $value ): bool => '' !== $value ) + array( 'X-Homa-Signature' => $value );
	}

	/**
	 * Returns the value of the header X-Homa-Signature: the signature, and short hashes of what was signed, by which the
	 * service tells what has been changed on the way.
	 *
	 * @param string                $path    in lower case, without query.
	 * @param string                $query   as it is sent.
	 * @param array<string, string> $headers
	 */
	public static function value( string $secret, string $method, string $path, string $query, string $body, array $headers ): string {
		return sprintf(
			'v1=%s,key=%s,target=%s,headers=%s,body=%s',
			hash_hmac( 'sha256', self::text( $method, $path, $query, $body, $headers ), $secret ),
			substr( hash_hmac( 'sha256', 'homa-bridge-key', $secret ), 0, self::HINT_LENGTH ),
			self::hint( self::target( $method, $path, $query ) ),
			self::hint( array( $headers['X-Homa-Timestamp'], $headers['X-Homa-Nonce'], ...self::lines( $headers ) ) ),
			self::hint( array( $body ) )
		);
	}

	/**
	 * Returns the text that is signed.
	 *
	 * @param string                $path    in lower case, without query.
	 * @param string                $query   as it is sent.
	 * @param array<string, string> $headers
	 */
	public static function text( string $method, string $path, string $query, string $body, array $headers ): string {
		return implode(
			"\n",
			array(
				'homa-bridge-v1',
				$headers['X-Homa-Timestamp'],
				$headers['X-Homa-Nonce'],
				...self::target( $method, $path, $query ),
				hash( 'sha256', $body ),
				...self::lines( $headers ),
			)
		);
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

	/** @return list<string> */
	private static function target( string $method, string $path, string $query ): array {
		$query = array_filter( explode( '&', $query ), static fn( string $part ): bool => '' !== $part );
		sort( $query, SORT_STRING );
		return array( $method, $path, implode( '&', $query ) );
	}

	/**
	 * @param array<string, string> $headers
	 * @return list<string>
	 */
	private static function lines( array $headers ): array {
		return array_map( static fn( string $name ): string => strtolower( $name ) . ':' . self::header_value( $headers[ $name ] ?? '' ), self::SIGNED );
	}

	/** @param list<string> $lines */
	private static function hint( array $lines ): string {
		return substr( hash( 'sha256', implode( "\n", $lines ) ), 0, self::HINT_LENGTH );
	}
}
