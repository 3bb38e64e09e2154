<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

use HomaBridge\Bridge;
use HomaBridge\Settings;

/**
 * The plugin's one screen: Settings → Homa Bridge.
 */
final class Screen {
	public const SLUG       = 'homa-bridge';
	public const CAPABILITY = 'manage_options';
	public const HOOK       = 'settings_page_' . self::SLUG;

	public static function add_hooks(): void {
		add_action( 'admin_menu', array( self::class, 'add_page' ) );
		add_action( 'admin_init', array( SettingsForm::class, 'register' ) );
		add_action( 'load-' . self::HOOK, 'nocache_headers' );
		add_action( 'admin_head-' . self::HOOK, array( self::class, 'show_style' ) );
		add_filter( 'plugin_action_links_' . plugin_basename( HOMA_BRIDGE_FILE ), array( self::class, 'add_link' ) );
		foreach ( array( Settings::ADDRESS, Settings::SECRET ) as $option ) {
			add_action( "add_option_$option", array( self::class, 'start_over' ) );
			add_action( "update_option_$option", array( self::class, 'start_over' ) );
		}
		Actions::add_hooks();
		ValidationTab::add_hooks();
		ActivationNotice::add_hooks();
	}

	public static function add_page(): void {
		add_options_page( __( 'Homa Bridge', 'homa-bridge' ), __( 'Homa Bridge', 'homa-bridge' ), self::CAPABILITY, self::SLUG, array( self::class, 'show' ) );
	}

	/**
	 * @param string $tab '' for the first one.
	 */
	public static function address( string $tab = '' ): string {
		return admin_url( 'options-general.php?page=' . self::SLUG . ( '' === $tab ? '' : "&tab=$tab" ) );
	}

	/**
	 * Puts a link to the screen before the others on the list of plugins.
	 *
	 * @param array<string> $links
	 * @return array<string>
	 */
	public static function add_link( array $links ): array {
		if ( ! current_user_can( self::CAPABILITY ) ) {
			return $links;
		}
		return array( 'settings' => sprintf( '<a href="%s">%s</a>', esc_url( self::address() ), esc_html__( 'Settings', 'homa-bridge' ) ) ) + $links;
	}

	/**
	 * Trusts the service anew: with the old address or secret it may have failed for that reason alone.
	 */
	public static function start_over(): void {
		Bridge::breaker()->close();
	}

	public static function show(): void {
		if ( ! current_user_can( self::CAPABILITY ) ) {
			return;
		}
		$tab = ValidationTab::is_open() ? ValidationTab::SLUG : '';
		echo '<div class="wrap homa-bridge"><h1>' . esc_html__( 'Homa Bridge', 'homa-bridge' ) . '</h1><hr class="wp-header-end">';
		self::show_tabs( $tab );
		if ( '' === $tab ) {
			self::show_overview();
		} else {
			ValidationTab::show();
		}
		echo '</div>';
	}

	private static function show_overview(): void {
		$status = ServiceStatus::seen();
		if ( $status->is_there() ) {
			ActivationNotice::dismiss();
		}
		self::show_message( Message::take() );
		printf( '<p>%s</p>', esc_html__( 'The memory of your shop’s AI assistant: it hands what visitors write to the homa-bridge service, and what is known of them to the assistant.', 'homa-bridge' ) );

		printf( '<h2>%s</h2>', esc_html__( 'Overview', 'homa-bridge' ) );
		self::show_findings( Examination::findings( $status ) );
		if ( $status->tables() ) {
			printf( '<h2>%s</h2>', esc_html__( 'Tables', 'homa-bridge' ) );
			self::show_tables( $status );
		}

		printf( '<h2>%s</h2>', esc_html__( 'Settings', 'homa-bridge' ) );
		SettingsForm::show();
		if ( ! Bridge::settings()->has_fixed_secret() ) {
			printf( '<h3>%s</h3><p>%s</p>', esc_html__( 'A new secret', 'homa-bridge' ), Markup::rich( __( 'It takes the place of the one that is set, and is shown once. The service needs it too, and a restart; until then the previous one serves.', 'homa-bridge' ) ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- HTML, escaped there.
			echo Actions::form( 'new_secret' ); // phpcs:ignore WordPress.Security.EscapeOutput -- as above.
		}

		EarlyExit::show();

		printf( '<h2>%s</h2>', esc_html__( 'Recent failures', 'homa-bridge' ) );
		self::show_failures();
	}

	/**
	 * Adds what WordPress's own styles lack. Hooked to the head of this screen alone.
	 */
	public static function show_style(): void {
		echo '<style>
.homa-bridge h2 { margin-block-start: 2em; }
.homa-bridge .widefat { max-width: 70em; }
.homa-bridge .widefat :is(th, td) { vertical-align: top; text-align: start; }
.homa-bridge tbody th { font-weight: 600; white-space: nowrap; }
.homa-bridge td form, .homa-bridge .widefat + form { margin-block-start: 8px; }
.homa-bridge-level { white-space: nowrap; }
.homa-bridge-good { color: #006014; } .homa-bridge-recommended { color: #7a4f00; } .homa-bridge-critical { color: #b32d2e; font-weight: 600; }
.homa-bridge-detail { color: #50575e; }
.homa-bridge-detail, .homa-bridge td code, .homa-bridge .notice code { overflow-wrap: anywhere; }
.homa-bridge iframe { inline-size: 100%; block-size: calc(100vh - 14rem); min-block-size: 36rem; border: 1px solid #c3c4c7; background: #fff; }
@media (max-width: 782px) {
	.homa-bridge .widefat thead { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
	.homa-bridge .widefat tbody :is(tr, th, td) { display: block; white-space: normal; }
	.homa-bridge .widefat tbody :is(th, td) { padding-block: 4px; }
}
</style>';
	}

	private static function show_tabs( string $open ): void {
		$tabs = array(
			''                  => __( 'Overview and settings', 'homa-bridge' ),
			ValidationTab::SLUG => __( 'Validation', 'homa-bridge' ),
		);
		printf( '<nav class="nav-tab-wrapper" aria-label="%s">', esc_attr__( 'Homa Bridge', 'homa-bridge' ) );
		foreach ( $tabs as $slug => $label ) {
			printf( '<a href="%s" class="nav-tab%s"%s>%s</a>', esc_url( self::address( $slug ) ), $slug === $open ? ' nav-tab-active' : '', $slug === $open ? ' aria-current="page"' : '', esc_html( $label ) );
		}
		echo '</nav>';
	}

	private static function show_message( ?Message $message ): void {
		if ( null === $message ) {
			return;
		}
		// phpcs:disable WordPress.Security.EscapeOutput -- HTML, escaped there.
		printf( '<div class="notice notice-%s" role="status"><p><strong>%s</strong> %s</p>', esc_attr( $message->level ), Markup::rich( $message->what ), Markup::english( $message->detail ) );
		if ( $message->has_secret ) {
			printf( '<p><code dir="ltr" id="homa-bridge-new-secret">%s</code></p><p>%s</p>', esc_html( Bridge::settings()->secret() ), Markup::rich( SettingsForm::where_to_set_it() ) );
		}
		echo '' === $message->remedy ? '</div>' : '<p>' . Markup::rich( $message->remedy ) . '</p></div>';
		// phpcs:enable
	}

	/** @param list<Finding> $findings */
	private static function show_findings( array $findings ): void {
		self::open_table( array( __( 'What', 'homa-bridge' ), __( 'State', 'homa-bridge' ), __( 'Details, and what to do', 'homa-bridge' ) ) );
		foreach ( $findings as $finding ) {
			printf(
				'<tr><th scope="row">%s</th><td>%s</td><td>%s%s</td></tr>',
				esc_html( $finding->subject ),
				Markup::level( $finding->level ), // phpcs:ignore WordPress.Security.EscapeOutput -- HTML, escaped there.
				Markup::finding( $finding ), // phpcs:ignore WordPress.Security.EscapeOutput -- as above.
				'' === $finding->action ? '' : Actions::form( $finding->action ) // phpcs:ignore WordPress.Security.EscapeOutput -- as above.
			);
		}
		echo '</tbody></table>';
	}

	private static function show_tables( ServiceStatus $status ): void {
		self::open_table( array( __( 'Table', 'homa-bridge' ), __( 'State', 'homa-bridge' ), __( 'Differences', 'homa-bridge' ) ) );
		foreach ( $status->tables() as $table ) {
			list( $level, $text ) = self::table_state( $table );
			printf(
				'<tr><th scope="row"><code dir="ltr">%s</code></th><td>%s</td><td>%s%s</td></tr>',
				esc_html( $table['name'] ),
				Markup::level( $level ), // phpcs:ignore WordPress.Security.EscapeOutput -- HTML, escaped there.
				esc_html( $text ),
				Markup::english( implode( ' ', $table['differences'] ) ) // phpcs:ignore WordPress.Security.EscapeOutput -- as above.
			);
		}
		echo '</tbody></table>';
	}

	/**
	 * @param array{exists: bool, required: bool, differences: list<string>} $table
	 * @return array{string, string} level, and what to say.
	 */
	private static function table_state( array $table ): array {
		if ( ! $table['exists'] ) {
			return $table['required']
				? array( Finding::CRITICAL, __( 'It is missing.', 'homa-bridge' ) )
				: array( Finding::GOOD, __( 'It is missing, and is not needed.', 'homa-bridge' ) );
		}
		return $table['differences'] ? array( Finding::CRITICAL, '' ) : array( Finding::GOOD, __( 'None.', 'homa-bridge' ) );
	}

	private static function show_failures(): void {
		$failures = array_reverse( Bridge::failures()->recent() );
		if ( ! $failures ) {
			printf( '<p>%s</p>', esc_html__( 'There are none.', 'homa-bridge' ) );
			return;
		}
		self::open_table( array( __( 'When', 'homa-bridge' ), __( 'What happened', 'homa-bridge' ), __( 'What to do', 'homa-bridge' ) ) );
		foreach ( $failures as $failure ) {
			$why = Explanation::of( $failure['kind'], $failure['detail'] );
			printf(
				'<tr><th scope="row">%s</th><td>%s<br>%s</td><td>%s</td></tr>',
				esc_html( Markup::time( $failure['time'] ) ),
				Markup::rich( $why->what ), // phpcs:ignore WordPress.Security.EscapeOutput -- HTML, escaped there.
				Markup::english( $failure['detail'] ), // phpcs:ignore WordPress.Security.EscapeOutput -- as above.
				Markup::rich( $why->remedy ) // phpcs:ignore WordPress.Security.EscapeOutput -- as above.
			);
		}
		echo '</tbody></table>' . Actions::form( 'forget' ); // phpcs:ignore WordPress.Security.EscapeOutput -- as above.
	}

	/** @param list<string> $heads */
	private static function open_table( array $heads ): void {
		echo '<table class="widefat striped"><thead><tr>';
		foreach ( $heads as $head ) {
			echo '<th scope="col">' . esc_html( $head ) . '</th>';
		}
		echo '</tr></thead><tbody>';
	}
}
