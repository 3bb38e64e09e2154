<?php

declare( strict_types = 1 );

namespace HomaBridge\Early;

use HomaBridge\Route;
use HomaBridge\Shortcut;

/**
 * Whether the early exit may answer: the owner wants it, and nobody is there whom it would have to ask.
 *
 * Who is there is seen on the ordinary way, when all plugins and the theme are loaded. A request to one of the memory's
 * routes permits it or not, for the plugins and the theme that are active at that time: with others the next request goes
 * the ordinary way again. Any other request that sees an objection which is new has the next one do so, too: a plugin
 * may filter something only since a setting was changed.
 *
 * The state is one option, which WordPress loads with every request. It is '' while the early exit is off.
 */
final class Permit {
	public const OPTION = 'homa_bridge_early_exit';

	private const NEW = array( 'active' => '', 'objections' => null, 'elsewhere' => array() );

	/**
	 * Says whether the owner has switched the early exit on.
	 */
	public static function is_wanted(): bool {
		return is_array( get_option( self::OPTION ) );
	}

	/**
	 * Says whether the early exit may answer this request.
	 */
	public static function holds(): bool {
		return array() === self::objections();
	}

	/**
	 * Returns what keeps the early exit from answering; null if that is still to be seen.
	 *
	 * @return ?list<string>
	 */
	public static function objections(): ?array {
		return self::state()['objections'];
	}

	public static function want(): void {
		update_option( self::OPTION, self::NEW, true );
	}

	public static function withdraw(): void {
		update_option( self::OPTION, '', true );
	}

	/**
	 * Looks at who is there. Hooked to init, after all others.
	 */
	public static function look(): void {
		if ( ! defined( 'HOMA_BRIDGE_EARLY' ) || ! self::is_wanted() ) {
			return;
		}
		$known = self::state();
		$found = Objections::found();
		if ( Route::is_ours( Shortcut::rest_route() ) ) {
			$state = array( 'active' => self::active(), 'objections' => $found, 'elsewhere' => $found ? array() : $known['elsewhere'] );
		} elseif ( array() === $known['objections'] && array_diff( $found, $known['elsewhere'] ) ) {
			$state = array( 'objections' => null, 'elsewhere' => $found ) + $known;
		} else {
			return;
		}
		if ( get_option( self::OPTION ) !== $state ) {
			update_option( self::OPTION, $state, true );
		}
	}

	/** @return array{active: string, objections: ?list<string>, elsewhere: list<string>} */
	private static function state(): array {
		$state = get_option( self::OPTION );
		return is_array( $state ) && self::active() === ( $state['active'] ?? '' ) ? $state : self::NEW;
	}

	/**
	 * Returns a text that changes with the active plugins and the theme.
	 */
	private static function active(): string {
		$network = is_multisite() ? get_site_option( 'active_sitewide_plugins' ) : array();
		return md5( (string) wp_json_encode( array( get_option( 'active_plugins' ), $network, get_option( 'template' ), get_option( 'stylesheet' ) ) ) );
	}
}
