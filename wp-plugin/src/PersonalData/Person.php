<?php

declare( strict_types = 1 );

namespace HomaBridge\PersonalData;

use HomaBridge\Bridge;
use HomaBridge\Call;
use HomaBridge\Unreachable;

/**
 * A person whose data somebody asks for.
 */
final class Person {
	private const SECONDS = 20.0; // The owner waits, no visitor does.

	private function __construct( private string $token ) {}

	/**
	 * Returns the person with an e-mail address; null if it is no user's. Guests have none.
	 */
	public static function with_address( string $email ): ?self {
		$user = get_user_by( 'email', $email );
		return $user instanceof \WP_User ? new self( 'user_' . $user->ID ) : null;
	}

	/**
	 * Returns a page of everything that is stored of the person.
	 *
	 * @return array{records: list<array{table: string, columns: array<string, string|int|null>}>, done: bool}
	 * @throws Unreachable if the service is away or cannot.
	 */
	public function page( int $page ): array {
		$found = self::ask( Call::get( '/internal/personal-data', array( 'token' => $this->token, 'page' => $page ) ) );
		return array( 'records' => $found['records'], 'done' => $found['done'] );
	}

	/**
	 * Deletes everything that is stored of the person, all or nothing.
	 *
	 * @return int how many rows.
	 * @throws Unreachable if the service is away or cannot.
	 */
	public function forget(): int {
		$found = self::ask( Call::post( '/internal/forget', array( 'token' => $this->token ) ) );
		return (int) array_sum( $found['deleted'] );
	}

	/**
	 * @return array<string, mixed>
	 * @throws Unreachable if the service is away or cannot.
	 */
	private static function ask( Call $call ): array {
		$service = Bridge::service();
		$service->be_patient();
		$answer = $service->ask( $call, Bridge::visitor()->owner(), null, self::SECONDS );
		if ( ! $answer->is_success() ) {
			throw new Unreachable( Unreachable::GARBAGE, "$call->path: $answer->status {$answer->code()}" );
		}
		return $answer->members();
	}
}
