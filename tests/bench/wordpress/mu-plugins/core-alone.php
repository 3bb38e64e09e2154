<?php
/**
 * Plugin Name: Core Alone
 * Description: Answers /core-alone/v1 with nothing as soon as WordPress's core is loaded: no early exit can be quicker.
 *
 * @package CoreAlone
 */

declare( strict_types=1 );

add_action(
	'muplugins_loaded',
	static function (): void {
		// phpcs:ignore WordPress.Security.ValidatedSanitizedInput -- It is compared.
		if ( str_contains( $_SERVER['REQUEST_URI'] ?? '', '/core-alone/v1/' ) ) {
			header( 'Content-Type: application/json' );
			echo '{}';
			exit;
		}
	},
	PHP_INT_MIN
);
