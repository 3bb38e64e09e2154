<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

use HomaBridge\Bridge;
use HomaBridge\Installation;
use HomaBridge\Settings;
use HomaBridge\Unreachable;

/**
 * Looks at everything that the memory needs; the screen and Site Health show what it finds.
 */
final class Examination {
	private const CLOCK_TOLERANCE = 300; // seconds; a signature's, too.
	private const DRIFT_TOLERANCE = 5;   // seconds.

	/**
	 * Returns the findings, in the order in which the screen shows them.
	 *
	 * @return list<Finding>
	 */
	public static function findings( ServiceStatus $status ): array {
		return array(
			...self::settings( Bridge::settings() ),
			self::service( $status ),
			...( $status->is_there() ? self::previous_secret( Bridge::settings() ) : array() ),
			...( $status->is_there() ? self::behind_the_service( $status ) : array() ),
			self::kept_writes(),
			self::clean_up(),
			self::classes(),
			...EarlyExit::findings(),
		);
	}

	/**
	 * Looks at what wp-config.php sets: nobody has checked that.
	 *
	 * @return list<Finding>
	 */
	private static function settings( Settings $settings ): array {
		$findings = array();
		if ( null === Settings::clean_address( $settings->address() ) ) {
			$findings[] = new Finding(
				__( 'Service address', 'homa-bridge' ),
				Finding::CRITICAL,
				__( 'What is set as the service’s address is none.', 'homa-bridge' ),
				__( 'Set `HOMA_BRIDGE_ADDRESS` in `wp-config.php` to `http://host:port`, `https://host` or `unix:/path/to/socket`.', 'homa-bridge' )
			);
		}
		if ( strlen( $settings->secret() ) < Settings::SECRET_LENGTH ) {
			$findings[] = new Finding(
				__( 'Secret', 'homa-bridge' ),
				Finding::CRITICAL,
				__( 'There is no secret, or it is too short.', 'homa-bridge' ),
				$settings->has_fixed_secret()
					/* translators: %d: number of characters. */
					? sprintf( __( 'Set `HOMA_BRIDGE_SECRET` in `wp-config.php` to at least %d characters.', 'homa-bridge' ), Settings::SECRET_LENGTH )
					: __( 'Make a new one in the settings.', 'homa-bridge' )
			);
		}
		return $findings;
	}

	private static function service( ServiceStatus $status ): Finding {
		$subject = __( 'Service', 'homa-bridge' );
		if ( $status->is_there() ) {
			/* translators: 1: version, 2: address. */
			$what = sprintf( __( 'homa-bridge %1$s answers at `%2$s`.', 'homa-bridge' ), $status->text( 'version' ), Bridge::settings()->address() );
			return new Finding( $subject, Finding::GOOD, $what, '', '', 'test' );
		}
		$why  = $status->explanation();
		$what = $why->what;
		if ( $status->is_waiting() ) {
			$since = (int) Bridge::breaker()->open_since();
			/* translators: 1: date and time, 2: duration such as “5 minutes”. */
			$what .= ' ' . sprintf( __( 'Away since %1$s (%2$s ago). Pages do not wait for it, and what visitors write is kept.', 'homa-bridge' ), Markup::time( $since ), human_time_diff( $since ) );
		}
		return new Finding( $subject, Finding::CRITICAL, $what, $why->remedy, $status->detail, 'test' );
	}

	/**
	 * Says how far the change from one secret to another is.
	 *
	 * @return list<Finding>
	 */
	private static function previous_secret( Settings $settings ): array {
		if ( '' === $settings->previous_secret() ) {
			return array();
		}
		$subject = __( 'Secret', 'homa-bridge' );
		if ( Bridge::service()->goes_by_previous_secret() ) {
			$why = Explanation::of( Explanation::PREVIOUS );
			return array( new Finding( $subject, Finding::RECOMMENDED, $why->what, $why->remedy ) );
		}
		$what = __( 'The service accepts the new secret: the previous one is not needed any more.', 'homa-bridge' );
		return array(
			$settings->has_fixed_previous_secret()
				? new Finding( $subject, Finding::RECOMMENDED, $what, __( 'Remove `HOMA_BRIDGE_PREVIOUS_SECRET` from `wp-config.php`, then restart the service.', 'homa-bridge' ) )
				: new Finding( $subject, Finding::RECOMMENDED, $what, __( 'Forget it, then restart the service, so that nobody can use it.', 'homa-bridge' ), '', 'forget_secret' ),
		);
	}

	/** @return list<Finding> */
	private static function behind_the_service( ServiceStatus $status ): array {
		$database = __( 'Database', 'homa-bridge' );
		if ( '' !== $status->database( 'problem' ) ) {
			$what   = __( 'The service does not reach its database.', 'homa-bridge' );
			$remedy = __( 'Run `homa-bridge check` where the service runs: it says what is to be mended.', 'homa-bridge' );
			return array( new Finding( $database, Finding::CRITICAL, $what, $remedy, $status->database( 'problem' ) ) );
		}
		return array(
			self::database( $database, $status ),
			self::tables( $status ),
			self::time( $status ),
			self::site( $status ),
			self::logins( $status ),
		);
	}

	private static function database( string $subject, ServiceStatus $status ): Finding {
		$name = $status->database( 'kind' ) . ' ' . $status->database( 'version' );
		if ( 'SQLite' === $status->database( 'kind' ) ) {
			return new Finding(
				$subject,
				Finding::CRITICAL,
				__( 'The service keeps the memory in a file of its own, not in the site’s database.', 'homa-bridge' ),
				__( 'Set `HOMA_WP_CONFIG` on the service to the path of this site’s `wp-config.php`, and restart it.', 'homa-bridge' ),
				$name
			);
		}
		if ( $status->logs_statements() ) {
			return new Finding(
				$subject,
				Finding::CRITICAL,
				__( 'The database’s binary log has the format `STATEMENT`, with which every write fails.', 'homa-bridge' ),
				__( 'Set `binlog_format` to `ROW` or `MIXED`.', 'homa-bridge' ),
				$name
			);
		}
		if ( abs( $status->drift() ) > self::DRIFT_TOLERANCE ) {
			return new Finding(
				$subject,
				Finding::RECOMMENDED,
				/* translators: %s: number of seconds. */
				sprintf( __( 'The database’s clock differs from the service’s by %s seconds.', 'homa-bridge' ), number_format_i18n( abs( $status->drift() ), 1 ) ),
				__( 'Have the clocks of both machines set by NTP: sessions expire by the one, times are written by the other.', 'homa-bridge' ),
				$name
			);
		}
		return new Finding( $subject, Finding::GOOD, "`$name`" );
	}

	private static function tables( ServiceStatus $status ): Finding {
		$subject = __( 'Tables', 'homa-bridge' );
		$missing = array_filter( $status->tables(), static fn( array $table ): bool => ! $table['exists'] && $table['required'] );
		$differ  = array_filter( $status->tables(), static fn( array $table ): bool => array() !== $table['differences'] );
		if ( $missing ) {
			/* translators: %s: number of tables. */
			$what   = sprintf( _n( '%s table is missing.', '%s tables are missing.', count( $missing ), 'homa-bridge' ), number_format_i18n( count( $missing ) ) );
			$remedy = __( 'Have them created. If the site has these tables already, the service’s `HOMA_TABLE_PREFIX` is wrong.', 'homa-bridge' );
			return new Finding( $subject, Finding::CRITICAL, $what, $remedy, '', 'tables' );
		}
		if ( $differ ) {
			/* translators: %s: number of tables. */
			$what   = sprintf( _n( '%s table is not as it should be.', '%s tables are not as they should be.', count( $differ ), 'homa-bridge' ), number_format_i18n( count( $differ ) ) );
			$remedy = __( 'Change it back with `ALTER TABLE` to what `sql/mysql.sql` of homa-bridge has.', 'homa-bridge' );
			return new Finding( $subject, Finding::CRITICAL, $what, $remedy );
		}
		return new Finding( $subject, Finding::GOOD, __( 'All tables are there and as they should be.', 'homa-bridge' ) );
	}

	/**
	 * Compares the wall clocks, which tells whether the time zones are the same by whatever name.
	 */
	private static function time( ServiceStatus $status ): Finding {
		$subject = __( 'Time zone', 'homa-bridge' );
		$here    = (string) wp_date( 'Y-m-d H:i:s' );
		$there   = $status->text( 'time' );
		if ( abs( (int) strtotime( "$there UTC" ) - (int) strtotime( "$here UTC" ) ) <= self::CLOCK_TOLERANCE ) {
			return new Finding( $subject, Finding::GOOD, '`' . wp_timezone_string() . '`' );
		}
		return new Finding(
			$subject,
			Finding::RECOMMENDED,
			/* translators: 1: time of the site, 2: its time zone, 3: time of the service, 4: its time zone. */
			sprintf( __( 'On the site it is `%1$s` (`%2$s`), for the service `%3$s` (`%4$s`).', 'homa-bridge' ), substr( $here, 11, 5 ), wp_timezone_string(), substr( $there, 11, 5 ), $status->text( 'time_zone' ) ),
			__( 'Restart the service where `HOMA_WP_CONFIG` tells it the site’s; else set `HOMA_SITE_TIMEZONE` on the service to the site’s time zone.', 'homa-bridge' )
		);
	}

	private static function site( ServiceStatus $status ): Finding {
		$subject = __( 'Site address', 'homa-bridge' );
		$here    = untrailingslashit( (string) get_option( 'home' ) );
		$there   = untrailingslashit( $status->text( 'site_url' ) );
		if ( $status->is_foreign() ) {
			$why = Explanation::of( Unreachable::FOREIGN );
			return new Finding( $subject, Finding::CRITICAL, self::two_addresses( $there, $here ) . ' ' . $why->what, $why->remedy );
		}
		if ( $here === $there ) {
			return new Finding( $subject, Finding::GOOD, "`$here`" );
		}
		return new Finding(
			$subject,
			Finding::RECOMMENDED,
			'' === $there
				? __( 'The service does not know this site’s address.', 'homa-bridge' )
				: self::two_addresses( $there, $here ),
			__( 'Restart the service where `HOMA_WP_CONFIG` tells it the site’s; else set `HOMA_SITE_URL` on the service. A service that remembers for another site must not be used for this one.', 'homa-bridge' )
		);
	}

	private static function two_addresses( string $there, string $here ): string {
		/* translators: 1: address that the service knows, 2: address of the site. */
		return sprintf( __( 'The service knows this site as `%1$s`; it is `%2$s`.', 'homa-bridge' ), $there, $here );
	}

	/**
	 * Compares with what logins are verified, without either side showing it. Nothing is wrong with a service that does not
	 * know it: this plugin tells who is logged in.
	 */
	private static function logins( ServiceStatus $status ): Finding {
		$subject = __( 'Logins without PHP', 'homa-bridge' );
		$there   = $status->text( 'login' );
		$remedy  = __( 'Set `HOMA_WP_CONFIG` on the service and restart it. If that does not help, set `HOMA_LOGGED_IN_SALT`, `HOMA_NONCE_SALT` and `HOMA_LOGGED_IN_COOKIE` on it to what `wp eval` prints of `wp_salt("logged_in")`, `wp_salt("nonce")` and `LOGGED_IN_COOKIE`.', 'homa-bridge' );
		if ( '' === $there ) {
			return new Finding(
				$subject,
				Finding::GOOD,
				__( 'The service does not know the keys of this site’s logins. It needs them only if the web server hands the memory’s routes to it without PHP: there, everybody would be a guest.', 'homa-bridge' ),
				$remedy
			);
		}
		if ( self::has_made( $there ) ) {
			return new Finding( $subject, Finding::GOOD, __( 'If the web server hands the memory’s routes to the service without PHP, logged-in visitors are recognised there, too.', 'homa-bridge' ) );
		}
		return new Finding(
			$subject,
			Finding::RECOMMENDED,
			__( 'The service has other keys of logins than this site. If the web server hands the memory’s routes to it without PHP, everybody is a guest there.', 'homa-bridge' ),
			$remedy
		);
	}

	/**
	 * Says whether the service's fingerprint is of this site's keys. While the secret is being changed it may go by either one.
	 */
	private static function has_made( string $fingerprint ): bool {
		$keys     = wp_salt( 'logged_in' ) . "\n" . wp_salt( 'nonce' ) . "\n" . LOGGED_IN_COOKIE;
		$settings = Bridge::settings();
		foreach ( array( $settings->secret(), $settings->previous_secret() ) as $secret ) {
			if ( '' !== $secret && hash_equals( hash_hmac( 'sha256', $keys, $secret ), $fingerprint ) ) {
				return true;
			}
		}
		return false;
	}

	private static function kept_writes(): Finding {
		$subject = __( 'Kept writes', 'homa-bridge' );
		$count   = Bridge::outbox()->count();
		if ( 0 === $count ) {
			return new Finding( $subject, Finding::GOOD, __( 'None: everything has been handed over to the service.', 'homa-bridge' ) );
		}
		/* translators: %s: number of writes. */
		$what = sprintf( _n( '%s write is kept for the service.', '%s writes are kept for the service.', $count, 'homa-bridge' ), number_format_i18n( $count ) );
		return new Finding( $subject, Finding::RECOMMENDED, $what, __( 'They are handed over by themselves when the service is back.', 'homa-bridge' ), '', 'hand_over' );
	}

	private static function clean_up(): Finding {
		$subject     = __( 'Daily clean-up', 'homa-bridge' );
		$next        = wp_next_scheduled( Installation::CLEANUP_HOOK );
		$is_disabled = defined( 'DISABLE_WP_CRON' ) && DISABLE_WP_CRON;
		if ( ! $next ) {
			return new Finding( $subject, Finding::RECOMMENDED, __( 'It is not scheduled.', 'homa-bridge' ), __( 'Deactivate this plugin and activate it again.', 'homa-bridge' ) );
		}
		/* translators: %s: date and time. */
		$what = sprintf( __( 'Next run: %s.', 'homa-bridge' ), Markup::time( $next ) );
		if ( $is_disabled ) {
			$what .= ' ' . __( 'WordPress does not run it by itself, because `DISABLE_WP_CRON` is set.', 'homa-bridge' );
		}
		$cron = __( 'See that the server’s own scheduler calls `wp-cron.php` at least once an hour, or `homa-bridge cleanup` once a day.', 'homa-bridge' );
		if ( $next > time() - ( $is_disabled ? HOUR_IN_SECONDS : DAY_IN_SECONDS ) ) {
			return new Finding( $subject, Finding::GOOD, $what, $is_disabled ? $cron : '' );
		}
		return new Finding( $subject, Finding::RECOMMENDED, $what . ' ' . __( 'It is overdue.', 'homa-bridge' ), $cron );
	}

	private static function classes(): Finding {
		$subject = __( 'PHP classes', 'homa-bridge' );
		$foreign = StandIns::foreign();
		if ( ! $foreign ) {
			return new Finding( $subject, Finding::GOOD, __( 'The memory’s classes are this plugin’s.', 'homa-bridge' ) );
		}
		return new Finding(
			$subject,
			Finding::RECOMMENDED,
			/* translators: %s: names of PHP classes. */
			sprintf( __( 'Defined by somebody else: %s.', 'homa-bridge' ), '`' . implode( '`, `', array_keys( $foreign ) ) . '`' ),
			__( 'Load this page again if you have just activated the plugin. If it stays, the file below is loaded before all plugins: remove it, or have it load later, so that PHP code of the site finds the memory too.', 'homa-bridge' ),
			implode( ', ', array_unique( $foreign ) )
		);
	}
}
