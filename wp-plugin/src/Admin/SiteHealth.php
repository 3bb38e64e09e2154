<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

use HomaBridge\Bridge;
use HomaBridge\Installation;

/**
 * Tells Site Health how the memory is.
 */
final class SiteHealth {
	private const TEST    = 'homa_bridge';
	private const SECTION = 'homa-bridge';

	/**
	 * Adds the test. Hooked to site_status_tests.
	 *
	 * @param mixed $tests
	 */
	public static function add( mixed $tests ): mixed {
		if ( is_array( $tests ) ) {
			$tests['direct'][ self::TEST ] = array(
				'label' => __( 'The assistant’s memory', 'homa-bridge' ),
				'test'  => array( self::class, 'test' ),
			);
		}
		return $tests;
	}

	/**
	 * Returns the test's result. Waits for nothing while the service counts as away.
	 *
	 * @return array<string, mixed>
	 */
	public static function test(): array {
		$findings = Examination::findings( ServiceStatus::seen() );
		$level    = Finding::worst( $findings );
		$labels   = array(
			Finding::GOOD        => __( 'The assistant’s memory works', 'homa-bridge' ),
			Finding::RECOMMENDED => __( 'The assistant’s memory works, but something is worth a look', 'homa-bridge' ),
			Finding::CRITICAL    => __( 'The assistant’s memory does not work', 'homa-bridge' ),
		);
		return array(
			'label'       => $labels[ $level ],
			'status'      => $level,
			'badge'       => array(
				'label' => __( 'Homa Bridge', 'homa-bridge' ),
				'color' => Finding::CRITICAL === $level ? 'red' : 'blue',
			),
			'description' => self::description( $findings ),
			'actions'     => sprintf( '<p><a href="%s">%s</a></p>', esc_url( Screen::address() ), esc_html__( 'Settings of Homa Bridge', 'homa-bridge' ) ),
			'test'        => self::TEST,
		);
	}

	/**
	 * Adds what is worth knowing when somebody is asked for help; no secret. Hooked to debug_information.
	 *
	 * @param mixed $sections
	 */
	public static function add_information( mixed $sections ): mixed {
		if ( ! is_array( $sections ) ) {
			return $sections;
		}
		$status   = ServiceStatus::seen();
		$settings = Bridge::settings();
		$next     = wp_next_scheduled( Installation::CLEANUP_HOOK );
		$since    = Bridge::breaker()->open_since();
		$sections[ self::SECTION ] = array(
			'label'  => __( 'Homa Bridge', 'homa-bridge' ),
			'fields' => array(
				'version'     => self::field( __( 'Plugin version', 'homa-bridge' ), HOMA_BRIDGE_VERSION ),
				'address'     => self::field( __( 'Service address', 'homa-bridge' ), $settings->address() ),
				'secret'      => self::yes_or_no( __( 'Secret is set', 'homa-bridge' ), '' !== $settings->secret() ),
				'service'     => self::field( __( 'Service', 'homa-bridge' ), $status->is_there() ? $status->text( 'version' ) : trim( "$status->kind $status->detail" ) ),
				'away_since'  => self::field( __( 'Away since', 'homa-bridge' ), null === $since ? '-' : gmdate( 'c', $since ) ),
				'database'    => self::field( __( 'Database', 'homa-bridge' ), trim( $status->database( 'kind' ) . ' ' . $status->database( 'version' ) ) ?: '-' ),
				'time_zone'   => self::field( __( 'Time zone', 'homa-bridge' ), $status->text( 'time_zone' ) ?: '-' ),
				'kept_writes' => self::field( __( 'Kept writes', 'homa-bridge' ), (string) Bridge::outbox()->count() ),
				'clean_up'    => self::field( __( 'Daily clean-up', 'homa-bridge' ), $next ? gmdate( 'c', $next ) : '-' ),
				'early_exit'  => self::field( __( 'Early exit', 'homa-bridge' ), EarlyExit::summary() ),
				'classes'     => self::field( __( 'PHP classes of somebody else', 'homa-bridge' ), implode( ', ', array_keys( StandIns::foreign() ) ) ?: '-' ),
			),
		);
		return $sections;
	}

	/** @return array{label: string, value: string} */
	private static function field( string $label, string $value ): array {
		return array( 'label' => $label, 'value' => $value );
	}

	/** @return array{label: string, value: string, debug: bool} */
	private static function yes_or_no( string $label, bool $value ): array {
		return array( 'label' => $label, 'value' => $value ? __( 'Yes', 'homa-bridge' ) : __( 'No', 'homa-bridge' ), 'debug' => $value );
	}

	/** @param list<Finding> $findings */
	private static function description( array $findings ): string {
		$bad  = array_filter( $findings, static fn( Finding $finding ): bool => Finding::GOOD !== $finding->level );
		$text = '<p>' . esc_html__( 'The assistant remembers what visitors write and care about through the homa-bridge service. Without it the shop and the assistant go on, but know nobody.', 'homa-bridge' ) . '</p>';
		if ( ! $bad ) {
			return $text;
		}
		$items = array_map( static fn( Finding $finding ): string => '<li><strong>' . esc_html( $finding->subject ) . '</strong>: ' . Markup::finding( $finding ) . '</li>', $bad );
		return $text . '<ul>' . implode( '', $items ) . '</ul>';
	}
}
