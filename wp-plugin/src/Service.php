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

	private const OTHER_SECRET = 'homa_signature_secret';
	private const DISTRUST     = array(
		self::OTHER_SECRET          => Unreachable::SECRET,
		'homa_signature_unexpected' => Unreachable::SECRET,
		'homa_signature_expired'    => Unreachable::CLOCK,
		'homa_signature_missing'    => Unreachable::ALTERED,
		'homa_signature_malformed'  => Unreachable::ALTERED,
		'homa_signature_path'       => Unreachable::ALTERED,
		'homa_signature_headers'    => Unreachable::ALTERED,
		'homa_signature_body'       => Unreachable::BODY,
		'homa_signature_invalid'    => Unreachable::ALTERED,
		'homa_foreign_site'         => Unreachable::FOREIGN,
	);

	/** Kinds of failure that say nothing of the next request. */
	public const SINGLE = array( Unreachable::FOREIGN, Unreachable::BODY );

	private ?Transport $transport  = null;
	private bool $is_patient       = false;
	private bool $goes_by_previous = false;

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
			$this->note( $failure );
			throw $failure;
		}
		if ( $this->breaker->is_open() ) {
			Log::write( 'the service is back' );
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

	/**
	 * Says whether the service knows the previous secret alone, as far as this request has seen.
	 */
	public function goes_by_previous_secret(): bool {
		return $this->goes_by_previous && '' !== $this->settings->previous_secret();
	}

	/**
	 * Takes note of a failure. A service that refuses one write is there all the same, and may be read.
	 */
	private function note( Unreachable $failure ): void {
		$is_there = in_array( $failure->kind, self::SINGLE, true );
		if ( $is_there ) {
			$this->breaker->close();
		}
		if ( $is_there || $this->breaker->open() ) {
			$this->failures->note( $failure->kind, $failure->getMessage() );
		}
	}

	private function try_again(): void {
		if ( ! $this->breaker->claim_trial() ) {
			throw new Unreachable( Unreachable::WAITING );
		}
		if ( ! $this->is_patient ) {
			$this->transport()->send( Call::get( '/healthz' ), self::request_id(), self::PROBE_SECONDS, self::PROBE_SECONDS );
		}
	}

	/**
	 * Sends a request, and once more where the service has another secret and this may be the previous one: nothing is done
	 * with what it does not let in, so the nonce is still unused.
	 */
	private function send( Call $call, Caller $caller, string $nonce, float $seconds ): Answer {
		$until  = microtime( true ) + $seconds;
		$answer = $this->send_signed( $this->secret(), $call, $caller, $nonce, $seconds );
		if ( self::OTHER_SECRET === $answer->code() && '' !== $this->settings->previous_secret() ) {
			$this->goes_by_previous = ! $this->goes_by_previous;
			$answer                 = $this->send_signed( $this->secret(), $call, $caller, $nonce, max( 0.0, $until - microtime( true ) ) );
		}
		if ( isset( self::DISTRUST[ $answer->code() ] ) ) {
			throw new Unreachable( self::DISTRUST[ $answer->code() ], $answer->code() );
		}
		return $answer;
	}

	private function send_signed( string $secret, Call $call, Caller $caller, string $nonce, float $seconds ): Answer {
		$headers = Signature::headers( $secret, $call, $caller, $nonce, time(), untrailingslashit( get_option( 'home' ) ) );
		$answer  = $this->transport()->send( $call, $headers + self::request_id(), self::CONNECT_SECONDS, $seconds );
		if ( ! str_starts_with( $answer->header( 'content-type' ), 'application/json' ) ) {
			throw new Unreachable( Unreachable::GARBAGE, "status $answer->status, no JSON" );
		}
		return $answer;
	}

	/** @return array<string, string> */
	private static function request_id(): array {
		return array( RequestId::HEADER => RequestId::current() );
	}

	private function secret(): string {
		return $this->goes_by_previous_secret() ? $this->settings->previous_secret() : $this->settings->secret();
	}

	private function transport(): Transport {
		return $this->transport ??= new Transport( $this->settings->address() );
	}
}
