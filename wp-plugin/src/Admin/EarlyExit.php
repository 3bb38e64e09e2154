<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

use HomaBridge\Early\Installation;
use HomaBridge\Early\Loader;
use HomaBridge\Early\Permit;

/**
 * Tells the owner what the early exit is, how it is, and why it cannot be installed.
 */
final class EarlyExit {
	/**
	 * Shows the section of the screen.
	 */
	public static function show(): void {
		$obstacle = Loader::obstacle();
		// phpcs:disable WordPress.Security.EscapeOutput -- HTML, escaped there.
		printf( '<h3 id="homa-bridge-early-exit">%s</h3>', esc_html__( 'Early exit', 'homa-bridge' ) );
		/* translators: %s: path of a folder. */
		printf( '<p>%s</p>', Markup::rich( sprintf( __( 'The memory’s routes are answered as soon as WordPress itself is loaded, before other plugins and the theme: several times faster. For that a small file is put into the folder of the must-use plugins, `%s`.', 'homa-bridge' ), dirname( Loader::path() ) ) ) );
		printf( '<p>%s</p>', Markup::rich( __( 'It runs before other plugins’ firewalls: what they block, count or log, they do not see of these requests; nor does a plugin that closes the shop for maintenance. The filters `rest_authentication_errors`, `rest_pre_dispatch`, `determine_current_user`, `homa_bridge_consent` and a few others cannot be asked there: as long as a plugin uses one of them, this way stands aside, and the ordinary one answers. What WooCommerce and Jetpack hook to them minds only their own requests, and is not asked.', 'homa-bridge' ) ) );
		if ( Permit::is_wanted() ) {
			echo Actions::form( 'early_off' );
		} elseif ( '' === $obstacle || Loader::is_current() ) {
			echo Actions::form( 'early_on' );
		} else {
			printf( '<p>%s %s</p>', Markup::rich( __( 'It cannot be installed from here:', 'homa-bridge' ) ), Markup::rich( self::explanation( $obstacle ) ) );
		}
		// phpcs:enable
	}

	/**
	 * Returns what is to be said of the early exit in the overview and in Site Health: nothing while it is off.
	 *
	 * @return list<Finding>
	 */
	public static function findings(): array {
		if ( ! Permit::is_wanted() ) {
			return Loader::is_there() && ! is_multisite()
				? array( self::worth_a_look( __( 'It is off, but its file is still there; it does nothing.', 'homa-bridge' ), self::by_hand(), 'early_off' ) )
				: array();
		}
		if ( ! Loader::is_there() ) {
			return array( self::worth_a_look( __( 'It is switched on, but its file is missing: the ordinary way answers.', 'homa-bridge' ), '', 'early_on' ) );
		}
		if ( ! Loader::is_current() ) {
			return array( self::worth_a_look( __( 'Its file is of another version of this plugin.', 'homa-bridge' ), '', 'early_on' ) );
		}
		if ( ! get_option( 'permalink_structure' ) ) {
			return array( self::worth_a_look( __( 'With plain permalinks it answers nothing; the ordinary way does.', 'homa-bridge' ), __( 'Choose other permalinks under Settings → Permalinks, or remove it.', 'homa-bridge' ), 'early_off' ) );
		}
		return array( self::state( Permit::objections() ) );
	}

	/**
	 * Returns its state in a few words that are English in every language, for whoever is asked for help.
	 */
	public static function summary(): string {
		if ( ! Permit::is_wanted() ) {
			return 'off';
		}
		$objections = Permit::objections();
		return match ( true ) {
			! Loader::is_current() => Loader::is_there() ? 'on, file outdated' : 'on, file missing',
			null === $objections   => 'on, to be seen',
			array() === $objections => 'on',
			default                => 'on, stands aside: ' . implode( ', ', $objections ),
		};
	}

	public static function switch_on(): Message {
		$obstacle = Loader::is_current() ? '' : Loader::obstacle();
		if ( '' !== $obstacle || ! Installation::switch_on() ) {
			return new Message( 'error', __( 'The early exit cannot be installed from here:', 'homa-bridge' ) . ' ' . self::explanation( '' === $obstacle ? Loader::FOLDER : $obstacle ) );
		}
		return new Message( 'success', __( 'The early exit is installed.', 'homa-bridge' ), __( 'The next request to the memory still goes the ordinary way, and looks whether another plugin has to be asked.', 'homa-bridge' ) );
	}

	public static function switch_off(): Message {
		return Installation::switch_off()
			? new Message( 'success', __( 'The early exit is removed.', 'homa-bridge' ) )
			: new Message( 'warning', __( 'The early exit is off, but its file cannot be deleted from here; it does nothing.', 'homa-bridge' ), self::by_hand() );
	}

	/** @param ?list<string> $objections */
	private static function state( ?array $objections ): Finding {
		if ( null === $objections ) {
			return new Finding( self::subject(), Finding::GOOD, __( 'It is on. The next request to the memory goes the ordinary way, and looks whether another plugin has to be asked.', 'homa-bridge' ) );
		}
		if ( ! $objections ) {
			return new Finding( self::subject(), Finding::GOOD, __( 'It answers the memory’s routes before other plugins are loaded, their firewalls too.', 'homa-bridge' ) );
		}
		/* translators: %s: names of filters and functions. */
		$what = sprintf( __( 'It stands aside, and the ordinary way answers: in use are %s, which it cannot ask.', 'homa-bridge' ), '`' . implode( '`, `', $objections ) . '`' );
		return self::worth_a_look( $what, __( 'Leave it so, or remove it: the memory is the same on both ways.', 'homa-bridge' ), 'early_off' );
	}

	private static function worth_a_look( string $what, string $remedy, string $action ): Finding {
		return new Finding( self::subject(), Finding::RECOMMENDED, $what, $remedy, '', $action );
	}

	private static function subject(): string {
		return __( 'Early exit', 'homa-bridge' );
	}

	private static function by_hand(): string {
		/* translators: %s: path of a file. */
		return sprintf( __( 'If the button does not help, delete `%s` on the server.', 'homa-bridge' ), Loader::path() );
	}

	private static function explanation( string $obstacle ): string {
		/* translators: 1: path of a file, 2: path of a folder. */
		$copy = sprintf( __( 'Copy `%1$s` into `%2$s` on the server, then open this page again.', 'homa-bridge' ), Loader::source(), dirname( Loader::path() ) );
		return match ( $obstacle ) {
			Loader::NETWORK   => __( 'the file serves the whole network, so only its administrators may install it.', 'homa-bridge' ),
			Loader::FORBIDDEN => __( 'this site’s files must not be changed from within WordPress (`DISALLOW_FILE_MODS`, or a filter of the host’s).', 'homa-bridge' ) . ' ' . $copy,
			/* translators: %s: path of a folder. */
			default           => sprintf( __( 'PHP may not write to the folder `%s`.', 'homa-bridge' ), dirname( Loader::path() ) ) . ' ' . $copy,
		};
	}
}
