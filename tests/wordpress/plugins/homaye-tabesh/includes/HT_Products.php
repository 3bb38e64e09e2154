<?php
/**
 * A part that has nothing to do with the memory, in the same namespace of routes.
 *
 * @package HomayeTabesh
 */

declare( strict_types=1 );

namespace HomayeTabesh;

/**
 * Lists what the shop sells.
 */
final class HT_Products {

	/** Adds the hooks. */
	public static function init(): void {
		add_action( 'rest_api_init', array( self::class, 'register_routes' ) );
	}

	/** Registers GET /homaye-tabesh/v1/products. */
	public static function register_routes(): void {
		register_rest_route(
			'homaye-tabesh/v1',
			'/products',
			array(
				'methods'             => 'GET',
				'callback'            => static fn() => array(
					'success'  => true,
					'products' => array( 'book-printing', 'cover-design' ),
				),
				'permission_callback' => '__return_true',
			)
		);
	}
}
