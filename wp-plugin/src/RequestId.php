<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * The id by which the lines of one request are found in the logs of the web server, of WordPress and of the service. It is no
 * secret, and proves nothing.
 */
final class RequestId {
	public const HEADER = 'X-Request-ID';
	private const FORM  = '/\A[A-Za-z0-9._-]{1,64}\z/'; // as in homa_bridge/telemetry/request_id.py.

	private static ?string $current = null;

	/**
	 * Returns this request's id: the one that came with it, from the web server for instance, or else a new one.
	 */
	public static function current(): string {
		return self::$current ??= self::given() ?? bin2hex( random_bytes( 8 ) );
	}

	private static function given(): ?string {
		$given = $_SERVER['HTTP_X_REQUEST_ID'] ?? null; // phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- compared with its form.
		return is_string( $given ) && preg_match( self::FORM, $given ) ? $given : null;
	}
}
