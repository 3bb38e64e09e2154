<?php
/**
 * Signs the examples of a file (first argument) with the plugin's class, and prints texts and signatures as JSON.
 */

declare( strict_types = 1 );

use HomaBridge\Signature;

define( 'ABSPATH', '/' );
require dirname( __DIR__, 2 ) . '/wp-plugin/src/Signature.php';

$signed = array();
foreach ( json_decode( file_get_contents( $argv[1] ), true )['vectors'] as $example ) {
	$headers  = array_map( static fn( string $text ): string => mb_convert_encoding( $text, 'ISO-8859-1', 'UTF-8' ), $example['headers'] );
	$headers += array(
		'X-Homa-Timestamp' => $example['timestamp'],
		'X-Homa-Nonce'     => $example['nonce'],
	);
	$request  = array( $example['method'], $example['path'], $example['query'], $example['body'], $headers );
	$signed[] = array( mb_convert_encoding( Signature::text( ...$request ), 'UTF-8', 'ISO-8859-1' ), Signature::value( $example['secret'], ...$request ) );
}
echo json_encode( $signed );
