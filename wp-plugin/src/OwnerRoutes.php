<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * What the validation page asks beyond the memory's own routes, for those alone who manage the site: how the service and its
 * tables are, and what the assistant would get of the one who asks.
 */
final class OwnerRoutes {
	public const REST_NAMESPACE = 'homa-bridge/v1';

	/** The service's routes, by path. */
	private const ROUTES = array(
		'/status'  => '/internal/status',
		'/preview' => '/preview',
	);

	public function __construct( private Service $service, private Visitor $visitor ) {}

	/**
	 * Registers the routes. Hooked to rest_api_init.
	 */
	public function register(): void {
		foreach ( self::ROUTES as $path => $asked ) {
			register_rest_route(
				self::REST_NAMESPACE,
				$path,
				array(
					'methods'             => 'GET',
					'callback'            => fn(): \WP_REST_Response => $this->answer( $asked ),
					'permission_callback' => static fn(): bool => current_user_can( Admin\Screen::CAPABILITY ),
				)
			);
		}
	}

	public static function address( string $path ): string {
		return rest_url( self::REST_NAMESPACE . $path );
	}

	private function answer( string $asked ): \WP_REST_Response {
		try {
			$answer = $this->service->test( Call::get( $asked ), $this->visitor->caller() ); // Also while the service counts as away: who asks wants to know.
		} catch ( Unreachable $failure ) {
			return ProxiedResponse::refuse( 503, 'homa_service_unavailable', 'The memory is out of reach.', array( 'kind' => $failure->kind ) );
		}
		$this->visitor->take_cookie( $answer );
		return new ProxiedResponse( $answer->body, $answer->status );
	}
}
