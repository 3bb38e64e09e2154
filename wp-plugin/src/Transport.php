<?php

declare( strict_types = 1 );

namespace HomaBridge;

/**
 * Sends one request over a socket of its own.
 *
 * WordPress's HTTP API costs about 1.5 ms more and speaks to no unix socket; a page must not wait for either. Speaks
 * HTTP/1.0, to which no server answers in chunks. Nothing here retries: a service that hangs would cost its time twice.
 */
final class Transport {
	private const LARGEST_HEAD = 65_536;   // bytes.
	private const LARGEST_BODY = 33_554_432; // bytes.

	private string $socket;
	private string $host;
	private string $base = '';

	/**
	 * @param string $address http://host:port, https://host or unix:/path/to/socket.
	 */
	public function __construct( string $address ) {
		if ( str_starts_with( $address, 'unix:' ) ) {
			$this->socket = 'unix://' . substr( $address, 5 );
			$this->host   = 'localhost';
			return;
		}
		$parts        = wp_parse_url( $address );
		$is_secure    = 'https' === ( $parts['scheme'] ?? '' );
		$host         = (string) ( $parts['host'] ?? '' );
		$port         = (int) ( $parts['port'] ?? ( $is_secure ? 443 : 80 ) );
		$this->socket = ( $is_secure ? 'tls' : 'tcp' ) . "://$host:$port";
		$this->host   = isset( $parts['port'] ) ? "$host:$port" : $host;
		$this->base   = (string) ( $parts['path'] ?? '' );
	}

	/**
	 * Sends a request and returns the answer.
	 *
	 * @param array<string, string> $headers in addition to those that HTTP itself needs.
	 * @param float                 $connect seconds that connecting may take.
	 * @param float                 $total   seconds that everything may take.
	 * @throws Unreachable if there is no whole answer by then.
	 */
	public function send( Call $call, array $headers, float $connect, float $total ): Answer {
		$until  = microtime( true ) + $total;
		$stream = $this->connect( min( $connect, $total ) );
		try {
			stream_set_blocking( $stream, false );
			$this->write( $stream, $this->head( $call, $headers ) . $call->body, $until );
			return $this->read( $stream, 'HEAD' === $call->method, $until );
		} finally {
			fclose( $stream );
		}
	}

	/** @return resource */
	private function connect( float $seconds ) {
		$stream = @stream_socket_client( $this->socket, $number, $text, $seconds ); // phpcs:ignore WordPress.PHP.NoSilencedErrors -- the failure is told by its result.
		if ( false === $stream ) {
			throw new Unreachable( 110 === $number ? Unreachable::TIMEOUT : Unreachable::REFUSED, (string) $text );
		}
		return $stream;
	}

	/** @param array<string, string> $headers */
	private function head( Call $call, array $headers ): string {
		$lines = array( "$call->method {$this->base}{$call->target()} HTTP/1.0", "Host: $this->host", 'Connection: close' );
		if ( '' !== $call->body || 'POST' === $call->method ) {
			$headers += array( 'Content-Length' => (string) strlen( $call->body ), 'Content-Type' => $call->type );
		}
		foreach ( $headers as $name => $value ) {
			$lines[] = "$name: " . Signature::header_value( $value );
		}
		return implode( "\r\n", $lines ) . "\r\n\r\n";
	}

	/** @param resource $stream */
	private function write( $stream, string $data, float $until ): void {
		while ( '' !== $data ) {
			$written = @fwrite( $stream, $data ); // phpcs:ignore WordPress.PHP.NoSilencedErrors -- as above.
			if ( false === $written ) {
				return; // The service may have answered and closed before it has read everything.
			}
			$data = substr( $data, $written );
			if ( 0 === $written ) {
				$this->wait( $stream, $until, false );
			}
		}
	}

	/** @param resource $stream */
	private function read( $stream, bool $is_head, float $until ): Answer {
		$data   = '';
		$answer = null;
		$length = null;
		while ( null === $answer || null === $length || strlen( $data ) < $length ) {
			$piece = @fread( $stream, 65_536 ); // phpcs:ignore WordPress.PHP.NoSilencedErrors -- as above.
			if ( '' === $piece || false === $piece ) {
				if ( feof( $stream ) || false === $piece ) {
					break;
				}
				$this->wait( $stream, $until, true );
				continue;
			}
			$data .= $piece;
			$end   = null === $answer ? strpos( $data, "\r\n\r\n" ) : false;
			if ( false !== $end ) {
				$answer = $this->parse( substr( $data, 0, $end ) );
				$length = $is_head ? 0 : $this->length( $answer );
				$data   = substr( $data, $end + 4 );
			}
			if ( strlen( $data ) > ( null === $answer ? self::LARGEST_HEAD : self::LARGEST_BODY ) ) {
				throw new Unreachable( Unreachable::GARBAGE, 'the answer has no end' );
			}
		}
		if ( null === $answer || ( null !== $length && strlen( $data ) < $length ) ) {
			throw new Unreachable( Unreachable::GARBAGE, 'the answer broke off' );
		}
		return new Answer( $answer->status, $answer->headers, null === $length ? $data : substr( $data, 0, $length ) );
	}

	private function parse( string $head ): Answer {
		$lines = explode( "\r\n", $head );
		if ( ! preg_match( '#^HTTP/1\.[01] (\d{3})( |$)#', array_shift( $lines ), $found ) ) {
			throw new Unreachable( Unreachable::GARBAGE, 'not HTTP' );
		}
		$headers = array();
		foreach ( $lines as $line ) {
			list( $name, $value )                      = explode( ':', $line, 2 ) + array( '', '' );
			$headers[ strtolower( trim( $name ) ) ][] = trim( $value );
		}
		return new Answer( (int) $found[1], $headers, '' );
	}

	private function length( Answer $answer ): ?int {
		$length = $answer->header( 'content-length' );
		return ctype_digit( $length ) ? (int) $length : null;
	}

	/** @param resource $stream */
	private function wait( $stream, float $until, bool $for_reading ): void {
		$left  = $until - microtime( true );
		$read  = $for_reading ? array( $stream ) : array();
		$write = $for_reading ? array() : array( $stream );
		$none  = array();
		if ( $left <= 0 || ! stream_select( $read, $write, $none, (int) $left, (int) ( fmod( $left, 1 ) * 1_000_000 ) ) ) {
			throw new Unreachable( Unreachable::TIMEOUT );
		}
	}
}
