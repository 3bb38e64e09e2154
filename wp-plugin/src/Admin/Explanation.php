<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

use HomaBridge\Failures;
use HomaBridge\Outbox;
use HomaBridge\Unreachable;

/**
 * What a failure means and what to do about it: the one list for the screen, the connection test and Site Health.
 *
 * Text between backticks is code.
 */
final class Explanation {
	public const UNABLE   = 'unable';   // the service answers, and cannot do it.
	public const OUTDATED = 'outdated'; // the service does not know what it is asked.
	public const PREVIOUS = 'previous'; // the service does not have the new secret yet.

	private function __construct( public readonly string $what, public readonly string $remedy ) {}

	/**
	 * Explains a failure.
	 *
	 * @param string $kind   one of Unreachable's, of this class's or of those that Failures::note() takes.
	 * @param string $detail what was noted with it.
	 */
	public static function of( string $kind, string $detail = '' ): self {
		return match ( $kind ) {
			Unreachable::SECRET     => self::distrust( $detail ),
			Unreachable::ALTERED    => self::alteration( $detail ),
			Unreachable::BODY       => new self(
				__( 'Something between this site and the service changes what visitors write.', 'homa-bridge' ),
				__( 'A proxy or firewall in between must hand bodies on byte for byte: switch off what it rewrites, or have the site reach the service directly.', 'homa-bridge' )
			),
			Unreachable::FOREIGN    => new self(
				__( 'The service remembers for another site: this one may read, and changes nothing.', 'homa-bridge' ),
				/* translators: %s: name of a table. */
				sprintf( __( 'If this is a copy of the shop, give it a service and a database of its own; what it has kept lies in the table `%s`, which may be emptied. If the shop has moved, set `HOMA_SITE_URL` on the service to this site’s address, and restart it; what is kept is handed over then.', 'homa-bridge' ), Outbox::table() )
			),
			Unreachable::REFUSED    => new self(
				__( 'Nothing answers at the service’s address.', 'homa-bridge' ),
				__( 'Start the service with `homa-bridge serve`, or correct its address in the settings. If it runs, a firewall may stand in between, or PHP may not be allowed to use the socket’s file.', 'homa-bridge' )
			),
			Unreachable::TIMEOUT    => new self(
				__( 'The service did not answer in time.', 'homa-bridge' ),
				__( 'See whether its machine or its database is overloaded, and whether a firewall swallows the connection. `homa-bridge check` examines the database.', 'homa-bridge' )
			),
			Unreachable::GARBAGE    => new self(
				__( 'Something else than the service answered, or its answer broke off.', 'homa-bridge' ),
				__( 'Check the address and the port. A web server in between must hand requests on as they are.', 'homa-bridge' )
			),
			Unreachable::CLOCK      => new self(
				__( 'The clocks of the site’s machine and the service’s differ by more than five minutes.', 'homa-bridge' ),
				__( 'Have both set by NTP.', 'homa-bridge' )
			),
			Unreachable::WAITING    => new self(
				__( 'The service failed a moment ago and was not asked again.', 'homa-bridge' ),
				__( 'Test the connection.', 'homa-bridge' )
			),
			self::UNABLE            => new self(
				__( 'The service answers, but cannot do what it is asked.', 'homa-bridge' ),
				__( 'Run `homa-bridge check` where the service runs: it says what is to be mended.', 'homa-bridge' )
			),
			self::OUTDATED          => new self(
				__( 'The service does not know what this plugin asks of it.', 'homa-bridge' ),
				__( 'Install the same version of both, and restart the service.', 'homa-bridge' )
			),
			self::PREVIOUS          => new self(
				__( 'The service still goes by the previous secret.', 'homa-bridge' ),
				__( 'Restart it. A service with `HOMA_WP_CONFIG` reads the new secret from this site; any other needs it as `HOMA_SHARED_SECRET` first.', 'homa-bridge' )
			),
			Failures::WRITE_REFUSED => new self(
				__( 'The service refused a write that had been kept for it.', 'homa-bridge' ),
				__( 'One refusal may be left alone. If they recur, install the same version of the plugin and the service, and run `homa-bridge check`.', 'homa-bridge' )
			),
			Failures::OUTBOX_FULL   => new self(
				__( 'No more writes could be kept: there was no room left.', 'homa-bridge' ),
				__( 'Bring the service back, then hand over what is kept.', 'homa-bridge' )
			),
			default                 => new self(
				__( 'An unknown failure.', 'homa-bridge' ),
				__( 'Test the connection.', 'homa-bridge' )
			),
		};
	}

	/**
	 * Explains why the service takes this site for somebody else.
	 *
	 * @param string $code the error's, as the service gives it.
	 */
	private static function distrust( string $code ): self {
		return match ( $code ) {
			'homa_signature_unexpected' => new self(
				__( 'The service has no secret, so it cannot tell this site from anybody else.', 'homa-bridge' ),
				__( 'Set `HOMA_WP_CONFIG` on the service to the path of this site’s `wp-config.php`, or `HOMA_SHARED_SECRET` to the secret that is set here, and restart it.', 'homa-bridge' )
			),
			default                     => new self(
				__( 'The service does not accept this site’s signature: the two have different secrets.', 'homa-bridge' ),
				__( 'Set the same secret on both sides and restart the service. There it is `HOMA_SHARED_SECRET`; a service with `HOMA_WP_CONFIG` reads it from this site and only needs the restart.', 'homa-bridge' )
			),
		};
	}

	/**
	 * Explains what has been changed between this site and the service.
	 *
	 * @param string $code the error's, as the service gives it.
	 */
	private static function alteration( string $code ): self {
		return match ( $code ) {
			'homa_signature_path'    => new self(
				__( 'Something between this site and the service changes the address that is asked for.', 'homa-bridge' ),
				__( 'A web server or proxy in between must hand path and query on as they are. If the service’s address in the settings has a path, the server there must take that path off.', 'homa-bridge' )
			),
			'homa_signature_headers' => new self(
				__( 'Something between this site and the service changes headers of the requests.', 'homa-bridge' ),
				__( 'A proxy or firewall in between must hand on the headers `X-Homa-*` and `Referer` as they are.', 'homa-bridge' )
			),
			default                  => new self(
				__( 'This site’s signature did not reach the service as it was sent.', 'homa-bridge' ),
				__( 'A web server in between must hand on the headers `X-Homa-*` as they are. If there is none, install the same version of the plugin and the service.', 'homa-bridge' )
			),
		};
	}
}
