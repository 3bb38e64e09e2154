<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * A request to the service, before it is signed.
 */
final class Call {
	public readonly string $query;

	/**
	 * @param string                $path    path without query, as the service routes it.
	 * @param array<string, mixed>  $query   parameters.
	 * @param string                $body    '' for none.
	 * @param string                $type    the body's media type.
	 * @param string                $referer the page that the visitor is on.
	 */
	public function __construct(
		public readonly string $method,
		public readonly string $path,
		array $query = array(),
		public readonly string $body = '',
		public readonly string $type = 'application/json',
		public readonly string $referer = '',
	) {
		$this->query = http_build_query( $query, '', '&', PHP_QUERY_RFC3986 );
	}

	/** @param array<string, mixed> $query */
	public static function get( string $path, array $query = array(), string $referer = '' ): self {
		return new self( 'GET', $path, $query, '', '', $referer );
	}

	/**
	 * Returns a POST of JSON.
	 *
	 * @param array<string, mixed> $members of the body.
	 * @throws \JsonException if they hold what JSON cannot.
	 */
	public static function post( string $path, array $members, string $referer = '' ): self {
		return new self( 'POST', $path, array(), Json::encode( (object) $members ), 'application/json', $referer );
	}

	/**
	 * Returns the request target: path and query.
	 */
	public function target(): string {
		return $this->path . ( '' === $this->query ? '' : '?' . $this->query );
	}
}
