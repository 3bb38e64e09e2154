<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Hands the memory's REST routes to the service.
 */
final class Proxy {
	public function __construct( private Service $service, private Writer $writer, private Visitor $visitor ) {}

	/**
	 * Registers the routes in place of whoever has registered them, so that the API's index shows them. Requests are
	 * answered before WordPress looks them up.
	 */
	public function register(): void {
		foreach ( Route::all() as $path => $methods ) {
			$endpoints = array();
			foreach ( $methods as $method ) {
				$endpoints[] = array(
					'methods'             => $method,
					'callback'            => fn( \WP_REST_Request $request ) => $this->answer( null, rest_get_server(), $request ),
					'permission_callback' => '__return_true', // The service knows what a visitor may see.
				);
			}
			register_rest_route( Route::REST_NAMESPACE, $path, $endpoints, true ); // Both methods of a path at once: overriding one would delete the other.
		}
	}

	/**
	 * Answers a request to one of the memory's routes, before WordPress looks who else has registered it.
	 *
	 * Hooked to rest_pre_dispatch.
	 *
	 * @param mixed $result what somebody else has answered already; null if nobody has.
	 */
	public function answer( mixed $result, \WP_REST_Server $server, \WP_REST_Request $request ): mixed {
		$route = null === $result ? Route::match( $request->get_method(), $request->get_route() ) : null;
		if ( null === $route ) {
			return $result;
		}
		return $this->is_disguised( $route ) ? ProxiedResponse::refuse( 404, 'rest_no_route', 'No route was found matching the URL and request method.' ) : $this->serve( $route, $request );
	}

	/**
	 * Has the service answer a request.
	 */
	public function serve( Route $route, \WP_REST_Request $request ): ProxiedResponse {
		$this->service->be_patient();
		Visitor::keep_out_of_page_caches();
		$response = $this->response( $route, $this->call( $route, $request ) );
		$response->header( RequestId::HEADER, RequestId::current() );
		return $response;
	}

	private function response( Route $route, Call $call ): ProxiedResponse {
		try {
			$answer = $this->ask( $route, $call );
			return null === $answer ? ProxiedResponse::of( $route->success( $this->visitor->token() ) ) : $this->handed_on( $answer );
		} catch ( InvalidWrite $invalid ) {
			return ProxiedResponse::refuse( $invalid->status, $invalid->error, $invalid->getMessage(), $invalid->data );
		} catch ( Unreachable ) {
			$response = ProxiedResponse::refuse( 503, 'homa_service_unavailable', 'The memory is out of reach. Try again shortly.' );
			$response->header( 'Retry-After', (string) Bridge::breaker()->seconds_left() );
			return $response;
		}
	}

	/**
	 * Sends the service's own text, and lets nobody else have it. Hooked to rest_pre_serve_request, after WordPress's CORS headers.
	 *
	 * @param bool $is_served whether somebody has sent the response already.
	 */
	public function send( mixed $is_served, mixed $response, \WP_REST_Request $request ): bool {
		if ( ! Route::is_ours( $request->get_route() ) ) {
			return (bool) $is_served;
		}
		header( 'Cache-Control: no-store' );
		if ( ! is_allowed_http_origin() ) {
			// WordPress lets every origin read what a nonce guards; a guest's memory is guarded by the origin alone.
			header_remove( 'Access-Control-Allow-Origin' );
			header_remove( 'Access-Control-Allow-Credentials' );
		}
		if ( $is_served || ! $response instanceof ProxiedResponse || 'HEAD' === $request->get_method() || isset( $request['_fields'] ) ) {
			return (bool) $is_served;
		}
		echo $response->json; // phpcs:ignore WordPress.Security.EscapeOutput -- JSON, sent as such.
		return true;
	}

	/**
	 * Lets a guest in, whatever nonce a cached page has given out. Hooked to rest_authentication_errors, before
	 * WordPress's own check, which refuses a stale nonce before it asks whether anybody is logged in.
	 *
	 * @param mixed $result true or an error if somebody has decided already.
	 */
	public function admit_guest( mixed $result ): mixed {
		return empty( $result ) && $this->is_requested() && ! is_user_logged_in() ? true : $result;
	}

	/**
	 * Keeps answers out of scripts on other sites. Hooked to rest_jsonp_enabled.
	 */
	public function forbid_jsonp( mixed $is_enabled ): bool {
		return $is_enabled && ! $this->is_requested();
	}

	/**
	 * Leaves the memory's routes to send(). Hooked to rest_send_nocache_headers: WordPress's headers let a cache keep a copy,
	 * and some versions send them after the body.
	 */
	public function sends_nocache_headers( mixed $does ): bool {
		return $does && ! $this->is_requested();
	}

	/**
	 * Says whether the current HTTP request is to one of the memory's routes.
	 */
	private function is_requested(): bool {
		return Route::is_ours( (string) ( $GLOBALS['wp']->query_vars['rest_route'] ?? '' ) );
	}

	/**
	 * Says whether a link poses as a POST (_method=POST): browsers send a guest's cookie along with links from other sites.
	 */
	private function is_disguised( Route $route ): bool {
		return 'POST' === $route->method && $this->is_requested() && 'POST' !== ( $_SERVER['REQUEST_METHOD'] ?? '' );
	}

	private function ask( Route $route, Call $call ): ?Answer {
		if ( ! $route->is_kept() ) {
			return $route->is_change() ? $this->writer->change( $call, $this->visitor->owner() ) : $this->writer->read( $call, $this->visitor->caller() );
		}
		$answer = $this->writer->write( $call, $this->visitor->writer() );
		if ( null === $answer ) {
			$this->visitor->confirm();
		}
		return $answer;
	}

	private function handed_on( Answer $answer ): ProxiedResponse {
		$response = new ProxiedResponse( $answer->body, $answer->status );
		if ( '' !== $answer->header( 'retry-after' ) ) {
			$response->header( 'Retry-After', $answer->header( 'retry-after' ) );
		}
		$this->visitor->take_cookie( $answer );
		return $response;
	}

	private function call( Route $route, \WP_REST_Request $request ): Call {
		$type    = (string) $request->get_header( 'content-type' );
		$body    = 'GET' === $route->method ? '' : $request->get_body();
		$query   = array_diff_key( $request->get_query_params(), array( 'rest_route' => 1, '_method' => 1, '_wpnonce' => 1 ) );
		$query   = array_filter( $query, fn( $value, $name ): bool => ! in_array( $name, Route::TOKENS, true ) || $this->visitor->may_name( $value ), ARRAY_FILTER_USE_BOTH );
		$referer = (string) $request->get_header( 'referer' );
		if ( '' === $body && str_starts_with( $type, 'multipart/' ) ) {
			$body = '-'; // PHP has taken the body apart; the service shall see that there was one, and refuse its type.
		}
		return new Call( $route->method, Route::SERVICE_PREFIX . $route->path, $query, $body, $type, $referer );
	}
}
