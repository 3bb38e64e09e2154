<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * The memory's REST routes, as the wire contract has them.
 */
final class Route {
	public const REST_NAMESPACE = 'homaye-tabesh/v1';
	public const SERVICE_PREFIX = '/wp-json/' . self::REST_NAMESPACE;

	/** Parameters that name whose memory is asked for. */
	public const TOKENS = array( 'session_token', 'session_id' );

	/** What each route is, by path and method: read, change, or the message of a write that is kept while the service is away. */
	private const TABLE = array(
		'/vault/sync'        => array( 'POST' => 'Data synced successfully' ),
		'/vault/restore'     => array( 'GET' => self::READ ),
		'/vault/clear'       => array( 'POST' => self::CHANGE ),
		'/session/snapshot'  => array( 'POST' => 'Snapshot saved' ),
		'/persona/analyze'   => array( 'GET' => self::READ ),
		'/interest/track'    => array( 'POST' => 'Interest tracked' ),
		'/vault/interests'   => array( 'GET' => self::READ ),
		'/memory/summary'    => array( 'GET' => self::READ ),
		'/context/compress'  => array( 'POST' => self::READ ),
		'/chat/memory'       => array( 'GET' => self::READ, 'POST' => 'Chat message saved successfully' ),
		'/chat/memory/clear' => array( 'POST' => self::CHANGE ),
	);

	private const READ       = '<read>';
	private const CHANGE     = '<change>';
	private const WITH_TOKEN = array( '/vault/sync', '/chat/memory' );

	private function __construct( public readonly string $method, public readonly string $path, private string $kind ) {}

	/**
	 * Returns the memory's route for a method and a REST route of WordPress, or null: WordPress matches in any case.
	 */
	public static function match( string $method, string $rest_route ): ?self {
		$route = strtolower( untrailingslashit( $rest_route ) );
		if ( ! str_starts_with( $route, '/' . self::REST_NAMESPACE . '/' ) ) {
			return null;
		}
		$path   = substr( $route, strlen( self::REST_NAMESPACE ) + 1 );
		$method = 'HEAD' === $method ? 'GET' : $method;
		$kind   = self::TABLE[ $path ][ $method ] ?? null;
		return null === $kind ? null : new self( $method, $path, $kind );
	}

	/**
	 * Returns the REST route of WordPress as it is canonically written.
	 */
	public function rest_route(): string {
		return '/' . self::REST_NAMESPACE . $this->path;
	}

	/**
	 * Says whether a REST route of WordPress is one of the memory's, whatever the method.
	 */
	public static function is_ours( string $rest_route ): bool {
		return null !== ( self::match( 'GET', $rest_route ) ?? self::match( 'POST', $rest_route ) );
	}

	/**
	 * Returns the methods of every path.
	 *
	 * @return array<string, list<string>>
	 */
	public static function all(): array {
		return array_map( 'array_keys', self::TABLE );
	}

	/**
	 * Says whether this is a write that is kept while the service is away.
	 */
	public function is_kept(): bool {
		return ! in_array( $this->kind, array( self::READ, self::CHANGE ), true );
	}

	/**
	 * Says whether this changes the memory in a way that must not overtake what is kept.
	 */
	public function is_change(): bool {
		return self::CHANGE === $this->kind;
	}

	/**
	 * Returns what the service answers to a write that it accepts.
	 *
	 * @return array<string, mixed>
	 */
	public function success( string $token ): array {
		$answer = array( 'success' => true, 'message' => $this->kind );
		return in_array( $this->path, self::WITH_TOKEN, true ) ? $answer + array( 'session_token' => $token ) : $answer;
	}
}
