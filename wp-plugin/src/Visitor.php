<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Who is visiting, and the one place that sets the guest's cookie.
 */
final class Visitor {
	public const COOKIE   = 'homa_session_token';
	private const SECONDS = 48 * HOUR_IN_SECONDS;

	private ?string $guest   = null;
	private bool $is_new     = false;
	private bool $has_cookie = false;
	private ?string $unused  = null;

	public function __construct( private Consent $consent ) {}

	/**
	 * Returns whom to ask the service for; without consent somebody of whom nothing is known.
	 */
	public function caller(): Caller {
		return $this->consent->is_given() ? $this->owner() : $this->caller_for( 0, '' );
	}

	/**
	 * Returns whose the stored memory is, whether or not it may be read: to forget it needs no consent.
	 */
	public function owner(): Caller {
		return $this->caller_for( $this->user(), $this->guest() );
	}

	/**
	 * Returns who becomes a user at this moment; without consent nobody.
	 */
	public function logging_in( int $user ): Caller {
		return $this->consent->is_given() ? $this->caller_for( $user, $this->guest() ) : $this->caller_for( 0, '' );
	}

	/**
	 * Returns whom to write for: with a token in any case, so that a write which is sent again meets the same one.
	 *
	 * A new guest's cookie is set once the write is accepted, by the service's answer or by confirm().
	 */
	public function writer(): Caller {
		if ( 0 === $this->user() && '' === $this->guest() ) {
			$this->guest  = self::new_token();
			$this->is_new = true;
		}
		return $this->caller();
	}

	/**
	 * Returns the token that the visitor's memory is stored under. A guest without one gets one, and the cookie with it.
	 *
	 * Without consent it is one that nothing is stored under, and that is gone with the request.
	 */
	public function token(): string {
		if ( ! $this->consent->is_given() ) {
			return $this->unused ??= self::new_token();
		}
		$token = $this->writer()->token();
		if ( $this->is_new ) {
			$this->set_cookie();
		}
		return $token;
	}

	/**
	 * Says whether anything may be remembered of this visitor at all: of one who brought no token nothing is.
	 */
	public function may_be_remembered(): bool {
		return ( $this->user() > 0 || ( '' !== $this->guest() && ! $this->is_new ) ) && $this->consent->is_given();
	}

	/**
	 * Says whether a request may name this token: without consent neither the visitor's own nor a guest's, which may be
	 * the visitor's from another device.
	 */
	public function may_name( mixed $token ): bool {
		return ! is_string( $token ) || $this->consent->is_given() || ! ( self::is_guest( $token ) || $this->owner()->token() === $token );
	}

	/**
	 * Takes note that something has been stored under the visitor's token, and sees that a new guest has it as a cookie.
	 */
	public function confirm(): void {
		$this->token();
		$this->is_new = false;
	}

	/**
	 * Hands the service's cookie on, once in a response, and goes by its token from now on; an empty one takes a user's away.
	 */
	public function take_cookie( Answer $answer ): void {
		foreach ( $answer->headers['set-cookie'] ?? array() as $cookie ) {
			if ( ! $this->consent->is_given() || ! preg_match( '/^' . self::COOKIE . '=(guest_[0-9a-f]{32}|);/', $cookie, $found ) ) {
				continue;
			}
			if ( '' === $this->guest() || '' === $found[1] ) {
				$this->guest = $found[1];
			}
			if ( ! $this->has_cookie && ! headers_sent() && $found[1] === $this->guest() ) {
				header( "Set-Cookie: $cookie", false );
				$this->has_cookie = true;
				self::keep_out_of_page_caches();
			}
		}
	}

	/**
	 * Keeps page caches from storing an answer that belongs to one visitor.
	 */
	public static function keep_out_of_page_caches(): void {
		if ( ! defined( 'DONOTCACHEPAGE' ) ) {
			define( 'DONOTCACHEPAGE', true );
		}
		if ( ! headers_sent() ) {
			nocache_headers();
			header( 'Cache-Control: no-store' );
		}
	}

	private function caller_for( int $user, string $guest ): Caller {
		// phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- an address of the web server's own.
		$address = (string) apply_filters( 'homa_bridge_visitor_address', (string) ( $_SERVER['REMOTE_ADDR'] ?? '' ) );
		return new Caller( $user, $guest, $address, is_ssl() ? 'https' : 'http' );
	}

	private function user(): int {
		return get_current_user_id();
	}

	private function guest(): string {
		if ( null === $this->guest ) {
			$sent        = $_COOKIE[ self::COOKIE ] ?? ''; // phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- the next line takes one form alone.
			$this->guest = is_string( $sent ) && self::is_guest( $sent ) ? $sent : '';
		}
		return $this->guest;
	}

	private static function is_guest( string $token ): bool {
		return 1 === preg_match( '/\Aguest_[0-9a-f]{32}\z/', $token );
	}

	private static function new_token(): string {
		return 'guest_' . bin2hex( random_bytes( 16 ) );
	}

	private function set_cookie(): void {
		if ( $this->has_cookie || headers_sent() || 'cli' === PHP_SAPI ) {
			return;
		}
		setcookie(
			self::COOKIE,
			$this->guest(),
			array(
				'expires'  => time() + self::SECONDS,
				'path'     => '/',
				'secure'   => is_ssl(),
				'httponly' => true,
				'samesite' => 'Lax',
			)
		);
		$this->has_cookie = true;
		self::keep_out_of_page_caches();
	}
}
