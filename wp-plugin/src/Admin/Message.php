<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

/**
 * What the screen tells a user once, after a button was pressed.
 */
final class Message {
	private const KEY     = 'homa_bridge_message';
	private const SECONDS = 300; // after which nobody waits for it.

	/**
	 * @param string $level      success, warning or error.
	 * @param string $detail     in English, as the service gives it.
	 * @param bool   $has_secret whether the new secret is to be shown.
	 */
	public function __construct(
		public readonly string $level,
		public readonly string $what,
		public readonly string $remedy = '',
		public readonly string $detail = '',
		public readonly bool $has_secret = false,
	) {}

	public static function of_failure( Explanation $explanation, string $detail ): self {
		return new self( 'error', $explanation->what, $explanation->remedy, $detail );
	}

	/**
	 * Keeps the message for the current user's next look at the screen. The secret itself is not in it.
	 */
	public function keep(): void {
		update_user_option( get_current_user_id(), self::KEY, wp_slash( array( 'time' => time() ) + get_object_vars( $this ) ) );
	}

	/**
	 * Takes the message for the current user: of several looks at once, one gets it.
	 */
	public static function take(): ?self {
		$user = get_current_user_id();
		$kept = get_user_option( self::KEY, $user );
		if ( ! is_array( $kept ) || ! delete_user_option( $user, self::KEY ) || time() - $kept['time'] > self::SECONDS ) {
			return null;
		}
		return new self( $kept['level'], $kept['what'], $kept['remedy'], $kept['detail'], $kept['has_secret'] );
	}
}
