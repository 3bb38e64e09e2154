<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * On whose behalf the service is asked.
 */
final class Caller {
	/**
	 * @param int    $user    WordPress user's number; 0 for a guest.
	 * @param string $guest   the guest's token; '' if there is none.
	 * @param string $address the visitor's IP address.
	 * @param string $scheme  http or https.
	 */
	public function __construct(
		public readonly int $user,
		public readonly string $guest,
		public readonly string $address,
		public readonly string $scheme,
	) {}

	/**
	 * Returns the token that the memory is stored under; '' for a guest who has none yet.
	 */
	public function token(): string {
		return $this->user > 0 ? 'user_' . $this->user : $this->guest;
	}

	/** @return array{user: int, guest: string, address: string, scheme: string} */
	public function fields(): array {
		return get_object_vars( $this );
	}

	/** @param array{user: int, guest: string, address: string, scheme: string} $fields */
	public static function from_fields( array $fields ): self {
		return new self( $fields['user'], $fields['guest'], $fields['address'], $fields['scheme'] );
	}
}
