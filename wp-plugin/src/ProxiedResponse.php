<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * A REST response whose body goes out as the service wrote it: decoding and encoding again would make [] of {} and 1 of 1.0.
 */
final class ProxiedResponse extends \WP_REST_Response {
	private bool $is_decoded = false;

	public function __construct( public readonly string $json, int $status ) {
		parent::__construct( null, $status );
		$this->is_decoded = false; // The constructor has set the data.
	}

	/**
	 * @param array<string, mixed> $content
	 */
	public static function of( array $content, int $status = 200 ): self {
		return new self( Json::encode( $content ), $status );
	}

	/**
	 * Returns an error in WordPress's shape.
	 *
	 * @param array<string, mixed> $data
	 */
	public static function refuse( int $status, string $code, string $message, array $data = array() ): self {
		return self::of( array( 'code' => $code, 'message' => $message, 'data' => array( 'status' => $status ) + $data ), $status );
	}

	/**
	 * Returns the content as arrays, for PHP code that looks at it.
	 */
	public function get_data() {
		if ( ! $this->is_decoded ) {
			$this->set_data( json_decode( $this->json, true ) );
		}
		return $this->data;
	}

	public function set_data( $data ) {
		$this->is_decoded = true;
		parent::set_data( $data );
	}
}
