<?php
/**
 * Who is calling.
 *
 * @package PhpMemory
 */

declare( strict_types=1 );

namespace PhpMemory;

/**
 * A user of the site, or a guest with a cookie.
 */
final class Visitor {

	private const COOKIE = 'homa_session_token';

	private function __construct( public readonly string $token, public readonly ?int $user_id ) {}

	/** Returns the caller, and renews a guest's cookie. */
	public static function current(): self {
		$user_id = get_current_user_id();
		if ( $user_id ) {
			return new self( 'user_' . $user_id, $user_id );
		}
		$token = $_COOKIE[ self::COOKIE ] ?? null;
		if ( ! self::is_guest_token( $token ) ) {
			$token = 'guest_' . bin2hex( random_bytes( 16 ) );
		}
		setcookie(
			self::COOKIE,
			$token,
			array(
				'expires'  => time() + 48 * HOUR_IN_SECONDS,
				'path'     => '/',
				'secure'   => is_ssl(),
				'httponly' => true,
				'samesite' => 'Lax',
			)
		);
		return new self( $token, null );
	}

	/**
	 * Says whether a text has a guest token's form.
	 *
	 * @param mixed $token What came from outside.
	 */
	public static function is_guest_token( mixed $token ): bool {
		return is_string( $token ) && 1 === preg_match( '/^guest_[0-9a-f]{32}$/D', $token );
	}
}
