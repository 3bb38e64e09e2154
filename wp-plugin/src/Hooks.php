<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Everything that this plugin hooks to, in one place.
 */
final class Hooks {
	private const LAST = PHP_INT_MAX;

	public static function add(): void {
		register_activation_hook( HOMA_BRIDGE_FILE, array( Installation::class, 'activate' ) );
		register_deactivation_hook( HOMA_BRIDGE_FILE, array( Installation::class, 'deactivate' ) );
		add_action( 'init', array( Installation::class, 'complete' ) );

		add_action( 'init', array( Early\Permit::class, 'look' ), self::LAST );
		add_action( 'init', array( Shortcut::class, 'take' ), self::LAST );
		self::add_routes();
		self::add_to_answers();
		add_filter( 'rest_pre_dispatch', static fn( ...$arguments ) => Bridge::proxy()->answer( ...$arguments ), 11, 3 );
		add_filter( 'rest_pre_serve_request', static fn( ...$arguments ) => Bridge::proxy()->send( ...$arguments ), 11, 3 );
		add_filter( 'rest_jsonp_enabled', static fn( $is_enabled ) => Bridge::proxy()->forbid_jsonp( $is_enabled ) );
		add_filter( 'rest_send_nocache_headers', static fn( $does ) => Bridge::proxy()->sends_nocache_headers( $does ), self::LAST );

		add_action( 'wp_login', static fn( $name, $user = null ) => self::log_in( $user ), 10, 2 );
		add_filter( 'homa_bridge_prompt', array( Prompt::class, 'append' ) );

		add_action( 'update_option_' . Settings::SECRET, array( PreviousSecret::class, 'keep' ) );

		add_action( Installation::CLEANUP_HOOK, array( self::class, 'clean_up' ) );
		add_action( Outbox::CRON_HOOK, array( self::class, 'replay' ) );

		if ( is_admin() && ! wp_doing_ajax() ) { // No visitor sees a text of this plugin's.
			add_action( 'init', array( self::class, 'load_texts' ), 1 );
			Admin\Screen::add_hooks();
			add_action( 'admin_init', array( PersonalData\PolicyText::class, 'add' ) );
		}
		add_filter( 'wp_privacy_personal_data_exporters', array( PersonalData\Exporter::class, 'add' ) );
		add_filter( 'wp_privacy_personal_data_erasers', array( PersonalData\Eraser::class, 'add' ) );
		add_filter( 'site_status_tests', array( Admin\SiteHealth::class, 'add' ) );
		add_filter( 'debug_information', array( Admin\SiteHealth::class, 'add_information' ) );
	}

	/**
	 * Adds what every way to answer needs, the early exit's too.
	 */
	public static function add_to_answers(): void {
		add_filter( 'rest_authentication_errors', array( self::class, 'admit_guest' ), 99 );
		add_action( 'shutdown', array( self::class, 'replay_after_answer' ), self::LAST );
	}

	public static function admit_guest( mixed $result ): mixed {
		return Bridge::proxy()->admit_guest( $result );
	}

	/**
	 * Loads the translations, which come with the plugin.
	 */
	public static function load_texts(): void {
		load_plugin_textdomain( 'homa-bridge', false, dirname( plugin_basename( HOMA_BRIDGE_FILE ) ) . '/languages' );
	}

	/**
	 * Has the routes registered after everybody else's.
	 */
	public static function add_routes(): void {
		$register = array( self::class, 'register_routes' );
		if ( ! has_action( 'rest_api_init', $register ) ) {
			add_action( 'rest_api_init', $register, self::LAST );
		}
	}

	public static function register_routes(): void {
		Bridge::proxy()->register();
		Bridge::owner_routes()->register();
	}

	/**
	 * Takes a guest's memory along. Some plugins that log users in hand over a name alone.
	 */
	private static function log_in( mixed $user ): void {
		if ( $user instanceof \WP_User && $user->ID > 0 ) {
			Bridge::memory()->merge( $user->ID );
		}
	}

	public static function clean_up(): void {
		Bridge::service()->be_patient();
		Bridge::memory()->clean_up();
	}

	public static function replay(): void {
		Bridge::service()->be_patient();
		Bridge::outbox()->drain( 45 );
	}

	/**
	 * Hands over what is kept once the visitor has the answer, where PHP can send it before the request ends.
	 */
	public static function replay_after_answer(): void {
		if ( Bridge::has_asked() && ! Bridge::breaker()->is_open() && ! Bridge::outbox()->has_kept() && Bridge::outbox()->may_hold_any() && function_exists( 'fastcgi_finish_request' ) ) {
			fastcgi_finish_request();
			Bridge::outbox()->drain( 5 );
		}
	}
}
