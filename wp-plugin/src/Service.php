<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Asks the service: signs, bounds the time, and stops asking a service that fails.
 */
final class Service {
	public const CONNECT_SECONDS = 0.3;
	public const TOTAL_SECONDS   = 2.0;
	private const PROBE_SECONDS  = 0.025; // what a page may lose to a trial.

	private const DISTRUST = array(
		'homa_signature_expired'    => Unreachable::CLOCK,
		'homa_signature_invalid'    => Unreachable::SECRET,
		'homa_signature_malformed'  => Unreachable::SECRET,
		'homa_signature_missing'    => Unreachable::SECRET,
		'homa_signature_unexpected' => Unreachable::SECRET,
	);

	private ?Transport $transport = null;
	private bool $is_patient      = false;

	public function __construct( private Settings $settings, private Breaker $breaker, private Failures $failures ) {}

	/**
	 * Asks the service.
	 *
	 * @param ?string $nonce   of a write that may have been sent before; null for a new request.
	 * @param ?float  $seconds that everything may take, where it is not the ordinary time.
	 * @throws Unreachable if there is no answer, or none of the service's.
	 */
	public function ask( Call $call, Caller $caller, ?string $nonce = null, ?float $seconds = null ): Answer {
		if ( $this->breaker->is_open() ) {
			$this->try_again();
		}
		try {
			$answer = $this->send( $call, $caller, $nonce ?? Signature::nonce(), $seconds ?? self::TOTAL_SECONDS );
		} catch ( Unreachable $failure ) {
			if ( $this->breaker->open() ) {
				$this->failures->note( $failure->kind, $failure->getMessage() );
			}
			throw $failure;
		}
		$this->breaker->close();
		return $answer;
	}

	/**
	 * Asks the service whatever happened before, and changes nothing: for testing the connection.
	 *
	 * @throws Unreachable if there is no answer, or none of the service's.
	 */
	public function test( Call $call, Caller $caller ): Answer {
		return $this->send( $call, $caller, Signature::nonce(), self::TOTAL_SECONDS );
	}

	/**
	 * Lets a trial of a service that failed take the full time, in requests that render no page.
	 */
	public function be_patient(): void {
		$this->is_patient = true;
	}

	private function try_again(): void {
		if ( ! $this->breaker->claim_trial() ) {
			throw new Unreachable( Unreachable::WAITING );
		}
		if ( ! $this->is_patient ) {
			$this->transport()->send( Call::get( '/healthz' ), array(), self::PROBE_SECONDS, self::PROBE_SECONDS );
		}
	}

	private function send( Call $call, Caller $caller, string $nonce, float $seconds ): Answer {
		$headers = Signature::headers( $this->settings->secret(), $call, $caller, $nonce, time(), untrailingslashit( get_option( 'home' ) ) );
		$answer  = $this->transport()->send( $call, $headers, self::CONNECT_SECONDS, $seconds );
		if ( ! str_starts_with( $answer->header( 'content-type' ), 'application/json' ) ) {
			throw new Unreachable( Unreachable::GARBAGE, "status $answer->status, no JSON" );
		}
		if ( 401 === $answer->status && isset( self::DISTRUST[ $answer->code() ] ) ) {
			throw new Unreachable( self::DISTRUST[ $answer->code() ], $answer->code() );
		}
		return $answer;
	}

	private function transport(): Transport {
		return $this->transport ??= new Transport( $this->settings->address() );
	}
}
