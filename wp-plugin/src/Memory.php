<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * The memory for PHP code of the site. Never throws: without the service there is nothing to remember, and what is stored is
 * kept until it is back.
 *
 * A page costs one call for everything that goes into the prompt and one for everything else, however often it is asked.
 */
final class Memory {
	private const MOST_CALLS      = 30; // of a clean-up, 20 s each.
	private const CLEANUP_SECONDS = 30.0;

	private bool $is_clean = false;

	/** @var ?array<string, mixed> */
	private ?array $context = null;

	/** @var array<string, array{interests: int, messages: int, found: array<string, mixed>}> */
	private array $recalled = array();

	public function __construct( private Service $service, private Writer $writer, private Visitor $visitor ) {}

	/**
	 * Returns the section for a system instruction; '' if nothing is known.
	 */
	public function section(): string {
		return (string) ( $this->prompt()['section'] ?? '' );
	}

	/**
	 * Returns the prompt's parts: memory_summary, persona_prefix, section. Of a visitor who has just come nothing is known,
	 * and nobody is asked.
	 *
	 * @return array<string, mixed>
	 */
	public function prompt(): array {
		return $this->visitor->may_be_remembered() ? $this->context() : array();
	}

	/**
	 * Returns what is known of the visitor in words and numbers; empty if the service is away.
	 *
	 * @return array<string, mixed>
	 */
	public function context(): array {
		return $this->context ??= $this->read( '/internal/context' );
	}

	/**
	 * Returns what is stored under a token: vault_data, session, interests, chat_messages; empty if the service is away.
	 *
	 * @param ?string $token     null for the visitor's own.
	 * @param int     $interests how many of the strongest, at least.
	 * @param int     $messages  how many of the newest, at least; 0 for all.
	 * @return array<string, mixed>
	 */
	public function recall( ?string $token, int $interests = 10, int $messages = 50 ): array {
		$is_own = null === $token || $this->visitor->owner()->token() === $token;
		if ( $is_own && ! $this->visitor->may_be_remembered() ) {
			return array();
		}
		$key   = $token ?? $this->visitor->token();
		$known = $this->recalled[ $key ] ?? null;
		if ( null === $known || ! self::suffices( $known, $interests, $messages ) ) {
			$interests = max( $interests, $known['interests'] ?? 0 );
			$messages  = 0 === $messages || 0 === ( $known['messages'] ?? 1 ) ? 0 : max( $messages, $known['messages'] ?? 0 );
			$known     = array(
				'interests' => $interests,
				'messages'  => $messages,
				'found'     => $this->read( '/internal/memory', array( 'token' => $key, 'interests' => $interests, 'messages' => $messages ) ),
			);
			$this->recalled[ $key ] = $known;
		}
		return $known['found'];
	}

	/**
	 * Writes, at once or when the service is back.
	 *
	 * @param array<string, mixed> $members of the body.
	 * @return bool whether it is stored or kept.
	 */
	public function write( string $path, array $members, ?string $referer = null ): bool {
		try {
			$call   = Call::post( $path, $members, $referer ?? (string) wp_get_raw_referer() );
			$answer = $this->writer->write( $call, $this->visitor->writer() );
		} catch ( \JsonException | InvalidWrite | Unreachable ) {
			return false;
		}
		return null === $answer ? $this->noted() : $this->accepted( $answer );
	}

	/**
	 * Forgets something; only while the service is there.
	 *
	 * @param array<string, mixed> $members of the body.
	 */
	public function change( string $path, array $members ): bool {
		try {
			return $this->accepted( $this->writer->change( Call::post( $path, $members ), $this->visitor->owner() ) );
		} catch ( \JsonException | Unreachable ) {
			return false;
		}
	}

	/**
	 * Has the service work something out of what it is given.
	 *
	 * @param array<string, mixed> $members of the body.
	 * @param ?float               $seconds that it may take, where it is not the ordinary time.
	 * @return array<string, mixed> empty if the service is away.
	 */
	public function ask( string $path, array $members, ?float $seconds = null ): array {
		try {
			$answer = $this->service->ask( Call::post( $path, $members ), $this->visitor->caller(), null, $seconds );
		} catch ( \JsonException | Unreachable ) {
			return array();
		}
		return $answer->is_success() ? $answer->members() : array();
	}

	/**
	 * Makes the guest's memory the user's who logs in at this moment. Where that cannot be done now, the user's next request
	 * does it.
	 */
	public function merge( int $user ): void {
		$caller = $this->visitor->logging_in( $user );
		if ( '' === $caller->guest ) {
			return;
		}
		try {
			$this->accepted( $this->writer->change( Call::post( '/internal/merge', array() ), $caller ) );
		} catch ( Unreachable ) { // phpcs:ignore Generic.CodeAnalysis.EmptyStatement -- the next request does it.
		}
	}

	/**
	 * Deletes expired sessions, and the forms of guests who have left. Asked twice in a request, it works once: the site's
	 * own code may be hooked to the same schedule.
	 *
	 * @return int how many sessions.
	 */
	public function clean_up(): int {
		$sessions = 0;
		for ( $calls = 0; ! $this->is_clean && $calls < self::MOST_CALLS; $calls++ ) {
			$swept          = $this->ask( '/internal/cleanup', array(), self::CLEANUP_SECONDS );
			$sessions      += (int) ( $swept['sessions'] ?? 0 );
			$this->is_clean = (bool) ( $swept['done'] ?? true );
		}
		$this->is_clean = true;
		return $sessions;
	}

	/**
	 * @param array<string, mixed> $query
	 * @return array<string, mixed>
	 */
	private function read( string $path, array $query = array() ): array {
		try {
			$answer = $this->writer->read( Call::get( $path, $query, (string) wp_get_raw_referer() ), $this->visitor->caller() );
		} catch ( Unreachable ) {
			return array();
		}
		$this->visitor->take_cookie( $answer );
		return $answer->is_success() ? $answer->members() : array();
	}

	private function accepted( Answer $answer ): bool {
		$this->visitor->take_cookie( $answer );
		return $answer->is_success() && false !== ( $answer->members()['success'] ?? true ) && $this->noted();
	}

	private function noted(): bool {
		$this->visitor->confirm();
		$this->context  = null;
		$this->recalled = array();
		return true;
	}

	/** @param array{interests: int, messages: int, found: array<string, mixed>} $known */
	private static function suffices( array $known, int $interests, int $messages ): bool {
		$has_messages = 0 === $known['messages'] || ( $messages > 0 && $messages <= $known['messages'] ) || count( $known['found']['chat_messages'] ?? array() ) < $known['messages'];
		return $has_messages && ( $interests <= $known['interests'] || count( $known['found']['interests'] ?? array() ) < $known['interests'] );
	}
}
