<?php

declare( strict_types = 1 );

namespace HomaBridge\Early;

/**
 * Switches the early exit on and off.
 */
final class Installation {
	/**
	 * @return bool false if the file cannot be put there; then it stays off.
	 */
	public static function switch_on(): bool {
		$is_there = Loader::is_current() || ( '' === Loader::obstacle() && Loader::install() );
		if ( $is_there ) {
			Permit::want();
		}
		return $is_there;
	}

	/**
	 * Switches it off in any case, and takes the file away unless another site of the network needs it.
	 *
	 * @param bool $everywhere on a network's other sites, too.
	 * @return bool false if the file stays although nobody needs it: it does nothing then.
	 */
	public static function switch_off( bool $everywhere = false ): bool {
		Permit::withdraw();
		return ( ! $everywhere && self::is_wanted_elsewhere() ) || Loader::remove();
	}

	private static function is_wanted_elsewhere(): bool {
		if ( ! is_multisite() ) {
			return false;
		}
		foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $site ) {
			if ( get_current_blog_id() !== (int) $site && is_array( get_blog_option( (int) $site, Permit::OPTION ) ) ) {
				return true;
			}
		}
		return false;
	}
}
