<?php

declare( strict_types = 1 );

namespace HomaBridge\Admin;

use HomaBridge\Answer;
use HomaBridge\Bridge;
use HomaBridge\Call;
use HomaBridge\Failures;
use HomaBridge\Service;
use HomaBridge\Unreachable;

/**
 * What the service says of itself, its database and its tables, or why it says nothing.
 */
final class ServiceStatus {
	private static ?self $seen = null;

	/**
	 * @param array<string, mixed> $members as GET /internal/status gives them; empty if it did not answer.
	 * @param string               $kind    '' if it answered, else one that Explanation knows.
	 * @param string               $detail  in a few words.
	 */
	private function __construct( private array $members, public readonly string $kind, public readonly string $detail ) {}

	/**
	 * Returns the status for a page, which asks once, and not at all while the service counts as away.
	 */
	public static function seen(): self {
		return self::$seen ??= Bridge::breaker()->is_open() ? self::last_failure() : self::ask();
	}

	/**
	 * Asks the service, whatever happened before.
	 */
	public static function ask(): self {
		try {
			$answer = self::send( Call::get( '/internal/status' ) );
		} catch ( Unreachable $failure ) {
			return new self( array(), $failure->kind, $failure->getMessage() );
		}
		$kind = self::failure( $answer ) ?? ( isset( $answer->members()['database'] ) ? '' : Unreachable::GARBAGE );
		return new self( '' === $kind ? $answer->members() : array(), $kind, '' === $kind ? '' : self::detail( $answer ) );
	}

	/**
	 * Sends a request whatever happened before.
	 *
	 * @throws Unreachable if there is no answer, or none of the service's.
	 */
	public static function send( Call $call ): Answer {
		return Bridge::service()->test( $call, Bridge::visitor()->caller() );
	}

	/**
	 * Returns the kind of failure that an answer tells of; null if it tells of success.
	 */
	public static function failure( Answer $answer ): ?string {
		if ( $answer->is_success() ) {
			return null;
		}
		return 404 === $answer->status ? Explanation::OUTDATED : Explanation::UNABLE;
	}

	/**
	 * Returns what an answer that tells of failure says, in a few words.
	 */
	public static function detail( Answer $answer ): string {
		return trim( "HTTP $answer->status {$answer->code()}" );
	}

	/**
	 * Says whether the service answered.
	 */
	public function is_there(): bool {
		return '' === $this->kind;
	}

	/**
	 * Says whether the service was left in peace because it had failed.
	 */
	public function is_waiting(): bool {
		return ! $this->is_there() && Bridge::breaker()->is_open();
	}

	public function explanation(): Explanation {
		return Explanation::of( $this->kind, $this->detail );
	}

	/**
	 * Returns a text of the status: version, time, time_zone, site_url or login; '' if there is none.
	 */
	public function text( string $name ): string {
		return self::string( $this->members[ $name ] ?? '' );
	}

	/**
	 * Says whether the service remembers for another site, and takes no writes from this one.
	 */
	public function is_foreign(): bool {
		return (bool) ( $this->members['is_foreign'] ?? false );
	}

	/**
	 * Returns a text about the database: kind, version or problem; '' if there is none.
	 */
	public function database( string $name ): string {
		return self::string( $this->members['database'][ $name ] ?? '' );
	}

	/**
	 * Returns the seconds by which the database's clock differs from the service's.
	 */
	public function drift(): float {
		return (float) $this->database( 'drift_seconds' );
	}

	/**
	 * Says whether the database logs statements for its replicas, which forbids the isolation that writes need.
	 */
	public function logs_statements(): bool {
		return (bool) ( $this->members['database']['statement_log'] ?? false );
	}

	/**
	 * Returns how each table is.
	 *
	 * @return list<array{name: string, exists: bool, required: bool, differences: list<string>}>
	 */
	public function tables(): array {
		$tables = array();
		foreach ( (array) ( $this->members['database']['tables'] ?? array() ) as $table ) {
			$tables[] = array(
				'name'        => self::string( $table['name'] ?? '' ),
				'exists'      => (bool) ( $table['exists'] ?? false ),
				'required'    => (bool) ( $table['required'] ?? true ),
				'differences' => array_map( array( self::class, 'string' ), array_values( (array) ( $table['differences'] ?? array() ) ) ),
			);
		}
		return $tables;
	}

	private static function last_failure(): self {
		$others   = array( Failures::WRITE_REFUSED, Failures::OUTBOX_FULL, ...Service::SINGLE ); // For which it is not taken for away.
		$failures = array_filter( Bridge::failures()->recent(), static fn( array $failure ): bool => ! in_array( $failure['kind'], $others, true ) );
		$last     = end( $failures );
		return false === $last ? new self( array(), Unreachable::WAITING, '' ) : new self( array(), $last['kind'], $last['detail'] );
	}

	private static function string( mixed $value ): string {
		return is_scalar( $value ) ? (string) $value : '';
	}
}
