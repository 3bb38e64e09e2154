<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

/**
 * Writes the pieces of HTML that the screen, the notice and Site Health share. Every method returns escaped HTML, but for
 * time(), which returns text.
 */
final class Markup {
	private const ICONS = array(
		Finding::GOOD        => 'yes-alt',
		Finding::RECOMMENDED => 'warning',
		Finding::CRITICAL    => 'dismiss',
	);

	/**
	 * Returns a text in which what stands between backticks is code, left to right.
	 */
	public static function rich( string $text ): string {
		return (string) preg_replace( '/`([^`]*)`/', '<bdi><code dir="ltr">$1</code></bdi>', esc_html( $text ) ); // WordPress's styles take the isolation from code.
	}

	/**
	 * Returns a text that is English in every language: the service's or PHP's own.
	 */
	public static function english( string $text ): string {
		return '' === $text ? '' : '<span class="homa-bridge-detail" lang="en" dir="ltr">' . esc_html( $text ) . '</span>';
	}

	/**
	 * Returns a level as a sign and a word.
	 */
	public static function level( string $level ): string {
		$words = array(
			Finding::GOOD        => __( 'In order', 'homa-bridge' ),
			Finding::RECOMMENDED => __( 'Worth a look', 'homa-bridge' ),
			Finding::CRITICAL    => __( 'To be mended', 'homa-bridge' ),
		);
		return sprintf(
			'<span class="homa-bridge-level homa-bridge-%1$s"><span class="dashicons dashicons-%2$s" aria-hidden="true"></span> %3$s</span>',
			esc_attr( $level ),
			esc_attr( self::ICONS[ $level ] ),
			esc_html( $words[ $level ] )
		);
	}

	/**
	 * Returns what was found and what to do about it.
	 */
	public static function finding( Finding $finding ): string {
		$parts = array( self::rich( $finding->what ), self::english( $finding->detail ), self::rich( $finding->remedy ) );
		return implode( '<br>', array_filter( $parts ) );
	}

	/**
	 * Returns a point in time as the site writes it.
	 */
	public static function time( int $time ): string {
		return (string) wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ), $time );
	}
}
